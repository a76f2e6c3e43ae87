"""Disclosure: who may see which field of a content object, and a copy without the rest.

Rules small and alone: a field says its class once, where it is declared, and everything here
works by introspection, so that a field that is added later is covered or refused.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from est_pipeline.domain.kinds import InformationClass

T = TypeVar("T")


@cache
def field_classes(content_type: type) -> dict[str, InformationClass]:
    """Give the information class of each field of a content class.

    Raises:
        TypeError: a field states no information class, or more than one.
    """
    found = {}
    hints = get_type_hints(content_type, include_extras=True)
    for item in fields(content_type):
        stated = [
            mark
            for mark in getattr(hints[item.name], "__metadata__", ())
            if isinstance(mark, InformationClass)
        ]
        if len(stated) != 1:
            raise TypeError(f"{content_type.__name__}.{item.name} states no information class")
        found[item.name] = stated[0]
    return found


def disclose(content: T, highest: InformationClass) -> T:
    """Give a copy in which everything above an information class is gone.

    What is taken away becomes None, an empty tuple or an empty text. The rule is the same for
    every field, by introspection: a field that is added later is covered.

    Raises:
        TypeError: a field states no class, or cannot be empty although it may be taken away.
    """
    content_type: Any = type(content)
    classes = field_classes(content_type)
    kept = {
        name: _empty(content_type, name)
        if information_class.rank > highest.rank
        else _disclosed(getattr(content, name), highest)
        for name, information_class in classes.items()
    }
    return content_type(**kept)  # type: ignore[no-any-return]


def _disclosed(value: Any, highest: InformationClass) -> Any:
    if is_dataclass(value):
        return disclose(value, highest)
    if isinstance(value, tuple):
        return tuple(_disclosed(part, highest) for part in value)
    return value


@cache
def _empty(content_type: type, name: str) -> Any:
    annotation = get_type_hints(content_type)[name]
    if get_origin(annotation) in {Union, UnionType} and type(None) in get_args(annotation):
        return None
    if get_origin(annotation) is tuple:
        return ()
    if annotation is str:
        return ""
    raise TypeError(f"{content_type.__name__}.{name} cannot be empty, so it cannot be taken away")


def plain(value: Any) -> Any:
    """Give a content object as what JSON can hold; moments and days in ISO 8601."""
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
