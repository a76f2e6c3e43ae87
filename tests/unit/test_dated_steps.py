"""Dated steps: what changed the counting, written in by hand."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from est_pipeline.domain.dated_steps import read_steps
from est_pipeline.errors import ConfigError

DISTRICTS = {"skaggetorp": "skaggetorp", "ovriga linkoping": "ovriga"}
CATEGORIES = {"skadegorelse": "skadegorelse"}


def steps_of(file: Path) -> Any:
    return read_steps(file, districts=DISTRICTS, category_words=CATEGORIES)


def write(folder: Path, *lines: str, encoding: str = "utf-8-sig") -> Path:
    file = folder / "brytpunkter.csv"
    file.write_bytes("\r\n".join(["fran;stadsdel;kategori;orsak", *lines, ""]).encode(encoding))
    return file


def test_steps_come_in_order_and_empty_stands_for_all(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "2026-03-02;Skäggetorp;Skadegörelse;Ny app för felanmälan",
        "2025-09-01;;;Ny rutin hos ordningsvakterna",
        "2026-05-04; Övriga Linköping ;;Ny entreprenör",
    )
    assert steps_of(file).to_numpy().tolist() == [
        [date(2025, 9, 1), "", "", "Ny rutin hos ordningsvakterna"],
        [date(2026, 3, 2), "skaggetorp", "skadegorelse", "Ny app för felanmälan"],
        [date(2026, 5, 4), "ovriga", "", "Ny entreprenör"],
    ]


def test_a_workspace_may_do_without(tmp_path: Path, workspace: Any) -> None:
    assert steps_of(tmp_path / "saknas.csv").empty
    assert steps_of(workspace.paths.data / "referens" / "brytpunkter.csv").empty


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2 mars;;;x", r"rad 2: datumet skrivs 2026-11-16"),
        ("2026-02-30;;;x", r"rad 2: datumet"),
        ("2026-03-02;Skägetorp;;x", r"rad 2: stadsdelen 'Skägetorp' finns inte"),
        ("2026-03-02;;klotter;x", r"rad 2: kategorin 'klotter' finns inte"),
    ],
)
def test_mistakes_name_the_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        steps_of(write(tmp_path, line))


def test_a_file_that_is_no_utf_8_or_lacks_a_column_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="går inte att läsa"):
        steps_of(write(tmp_path, "2026-03-02;Skäggetorp;;x", encoding="cp1252"))
    file = tmp_path / "brytpunkter.csv"
    file.write_text("fran;stadsdel;kategori\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="kolumnen 'orsak' saknas"):
        steps_of(file)
