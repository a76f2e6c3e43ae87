"""What humans decided about pairs of reports: read as Excel saves it, refused where it is wrong."""

from pathlib import Path

import pytest

from est_pipeline.config.decisions import read_decisions
from est_pipeline.domain.incidents import Decision
from est_pipeline.errors import ConfigError

HEADER = "rapport_a;rapport_b;beslut;beslutad;funktion;kommentar\n"


def read(folder: Path, text: str, **more: str) -> tuple[Decision, ...]:
    file = folder / "data" / "samma_handelse.csv"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    for name, content in more.items():
        (file.parent / f"samma_handelse-{name}.csv").write_text(content, encoding="cp1252")
    return read_decisions(file)


def test_decisions_are_read_in_any_spelling_and_undecided_rows_passed_over(tmp_path: Path) -> None:
    found = read(
        tmp_path, f"{HEADER}polisen:1;vakt:2; Samma ;;;\na:1;b:2;;;;\n;;;;;\na:1;c:3;olika\n"
    )
    assert [(d.pair, d.is_same) for d in found] == [
        (("polisen:1", "vakt:2"), True),
        (("a:1", "c:3"), False),
    ]
    assert found[1].where == "data/samma_handelse.csv, rad 5"


def test_a_filled_in_list_is_read_beside_the_first_file(tmp_path: Path) -> None:
    listed = "rapport_a;rapport_b;beslut;kommentar;skäl\r\na:1;b:1;olika;på\r\n"
    found = read(tmp_path, HEADER, v47=listed)
    assert [(d.pair, d.is_same, d.where) for d in found] == [
        (("a:1", "b:1"), False, "data/samma_handelse-v47.csv, rad 2")
    ]


def test_line_numbers_hold_after_a_comment_with_a_line_break(tmp_path: Path) -> None:
    found = read(tmp_path, f'{HEADER}a:1;b:1;samma;;;"två\nrader"\na:1;c:1;samma;;;\n')
    assert [d.where for d in found] == [
        "data/samma_handelse.csv, rad 2",
        "data/samma_handelse.csv, rad 4",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEADER}a:1;b:1;sama;;;\n", "rad 2, kolumnen beslut: 'sama'.*Menade du samma"),
        (f"{HEADER}a:1;;samma;;;\n", "rad 2: beslutet saknar rapport_a eller rapport_b"),
        (f"{HEADER}a:1;a:1;samma;;;\n", "rad 2: rapport_a och rapport_b är samma rapport"),
        ("rapport_a;beslut\na:1;samma\n", "kolumnen 'rapport_b' saknas"),
        (f"{HEADER}a:1;b:1;samma;;;\nb:1;a:1;olika;;;\n", "emot varandra: .*rad 2; .*rad 3"),
        (
            f"{HEADER}d:1;e:1;samma\na:1;b:1;samma\nb:1;c:1;samma\nc:1;d:9;samma\nc:1;a:1;olika\n",
            "emot varandra: [^;]*rad 3; [^;]*rad 4; [^;]*rad 6[.]",
        ),
    ],
    ids=["word", "no-id", "itself", "column", "contradiction", "detour"],
)
def test_a_mistake_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, text)


def test_no_file_is_no_decision_and_a_repeated_one_no_contradiction(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "saknas.csv") == ()
    found = read(tmp_path, f"{HEADER}a:1;b:1;samma\nb:1;c:1;samma\nc:1;a:1;samma\na:1;d:1;olika\n")
    assert len(found) == 4
