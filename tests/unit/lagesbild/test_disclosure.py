"""Who may see what: every field states it, and nothing above the page's class gets through."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest

from est_pipeline.domain.kinds import InformationClass
from est_pipeline.lagesbild import content as content_module
from est_pipeline.lagesbild.content import INTERNAL, OPEN, SENSITIVE, Lagesbild, render_json
from est_pipeline.lagesbild.disclosure import disclose, field_classes
from est_pipeline.lagesbild.page import render_page

MARKER = "HEMLIGT-7f3a"
MARKER_NUMBER = 73.918273
MARKER_MOMENT = datetime(1973, 9, 18, 2, 7, tzinfo=UTC)

CONTENT_CLASSES = [
    each
    for each in vars(content_module).values()
    if isinstance(each, type) and is_dataclass(each) and each.__module__ == content_module.__name__
]


@pytest.mark.parametrize("content_type", CONTENT_CLASSES, ids=lambda each: each.__name__)
def test_every_field_states_its_class(content_type: type) -> None:
    assert set(field_classes(content_type)) == {item.name for item in fields(content_type)}


def test_a_field_without_a_class_is_an_error() -> None:
    @dataclass(frozen=True)
    class Careless:
        title: Annotated[str, OPEN]
        name: str

    with pytest.raises(TypeError, match="name states no information class"):
        disclose(Careless("a", "b"), OPEN)


def test_a_field_that_cannot_be_empty_cannot_be_taken_away() -> None:
    @dataclass(frozen=True)
    class Stubborn:
        count: Annotated[int, SENSITIVE]

    assert disclose(Stubborn(3), SENSITIVE).count == 3
    with pytest.raises(TypeError, match="count cannot be empty"):
        disclose(Stubborn(3), INTERNAL)


def test_the_rule_reaches_what_lies_inside() -> None:
    @dataclass(frozen=True)
    class Inner:
        shown: Annotated[str, OPEN]
        secret: Annotated[str, SENSITIVE]
        point: Annotated[float | None, INTERNAL]

    @dataclass(frozen=True)
    class Outer:
        inner: Annotated[tuple[Inner, ...], OPEN]
        hidden: Annotated[tuple[Inner, ...], INTERNAL]

    outer = Outer((Inner("a", "b", 1.0),), (Inner("c", "d", 2.0),))
    # the classes are local to this test, so their names cannot be looked up from the module
    for each in (Inner, Outer):
        each.__annotations__ = get_annotations(each, {"Inner": Inner})
    assert disclose(outer, INTERNAL) == Outer((Inner("a", "", 1.0),), (Inner("c", "", 2.0),))
    assert disclose(outer, OPEN) == Outer((Inner("a", "", None),), ())


def get_annotations(content_type: type, names: dict[str, Any]) -> dict[str, Any]:
    return get_type_hints(content_type, localns=names, include_extras=True)


@pytest.mark.parametrize("highest", list(InformationClass))
def test_a_page_is_made_at_every_class(content: Lagesbild, highest: InformationClass) -> None:
    marked = replace(content, head=replace(content.head, information_class=highest))
    page = render_page(marked)
    assert "EST veckolägesbild" in page
    assert ("Socialförvaltningen" in page) is (highest is not InformationClass.OPEN)


def sensitive_fields() -> Iterator[tuple[type, str]]:
    for content_type in CONTENT_CLASSES:
        for name, information_class in field_classes(content_type).items():
            if information_class is SENSITIVE:
                yield content_type, name


def planted(value: Any, *, is_sensitive: bool = False) -> Any:
    """The same content with a marker in every field of class känslig, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        classes = field_classes(type(value))
        hints = get_type_hints(type(value))
        changes = {}
        for item in fields(value):
            inside = getattr(value, item.name)
            sensitive = is_sensitive or classes[item.name] is SENSITIVE
            if inside is None and sensitive:
                inside = example(hints[item.name])
            changes[item.name] = planted(inside, is_sensitive=sensitive)
        return replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(planted(part, is_sensitive=is_sensitive) for part in value)
    if not is_sensitive or value is None:
        return value
    if isinstance(value, str):
        return MARKER
    if isinstance(value, datetime):
        return MARKER_MOMENT
    assert isinstance(value, float), f"say what a marker of type {type(value)} looks like"
    return MARKER_NUMBER


def example(hint: Any) -> Any:
    """Something of the type that a field may hold beside None."""
    if get_origin(hint) in {Union, UnionType}:
        hint = next(each for each in get_args(hint) if each is not type(None))
    if dataclasses.is_dataclass(hint):
        inner = get_type_hints(hint)
        return hint(**{item.name: example(inner[item.name]) for item in fields(hint)})
    return {str: "", float: 0.0, datetime: MARKER_MOMENT}[hint]


def test_markers_reach_every_sensitive_field(content: Lagesbild) -> None:
    assert {name for _, name in sensitive_fields()} >= {"report_id", "exact", "place_text"}
    text = repr(planted(content))
    assert text.count(MARKER) >= len(content.rows) * 4
    assert str(MARKER_NUMBER) in text


def test_nothing_sensitive_reaches_page_or_json(content: Lagesbild) -> None:
    marked = planted(content)
    for text in (render_page(marked), render_json(marked)):
        assert MARKER not in text
        assert str(MARKER_NUMBER) not in text
        assert "1973" not in text


def test_a_page_marked_sensitive_is_no_way_round(content: Lagesbild) -> None:
    # The configuration cannot ask for it; a content object made by hand could.
    marked = planted(replace(content, head=replace(content.head, information_class=SENSITIVE)))
    assert MARKER not in render_page(marked)
    assert MARKER not in render_json(marked)


def test_own_ids_say_nothing_of_another_register(content: Lagesbild, page: str) -> None:
    assert "polisen:K0" not in page
    assert "polisen:K0" not in render_json(content)
    assert len({row.own_id for row in content.rows}) == len(content.rows)
