"""A drafted source file is one that the program reads, and that fits the export."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from est_pipeline.config import Source
from est_pipeline.errors import RefusedFileError
from est_pipeline.onboarding.source_draft import draft_source

EXPORT = """\
Utdrag ur ärendesystemet
Ärende-ID;Skapad datum;Händelsetid;Ärendetyp;Gatuadress;X-koordinat;Y-koordinat;Beskrivning
A1;17.11.2026 08.15;16.11.2026 21.30;Skadegörelse;Nygatan 12;6474321;536123;ring Anna på 0701234567
A2;17.11.2026 08.20;16.11.2026 22.10;Klottrr;Nygatan 14;6474322;536124;850101-1234 sprang
A3;17.11.2026 08.25;16.11.2026 23.10;XQ-17;Storgatan 1;6474323;536125;lugnt
"""


def draft(workspace: Any, text: str, name: str = "export.csv") -> str:
    file = workspace.root / name
    file.write_text(text, encoding="utf-8")
    return draft_source(file, configuration=workspace.configuration, source_id="nytt-system")


def test_a_draft_reads_the_export_it_was_made_of(workspace: Any) -> None:
    text = draft(workspace, EXPORT)
    source = Source.model_validate({"namn": "Nytt system"} | tomllib.loads(text))
    assert source.columns == {
        "rapport_id": ("Ärende-ID",),
        "inrapporterad": ("Skapad datum",),
        "start": ("Händelsetid",),
        "kategori": ("Ärendetyp",),
        "adress": ("Gatuadress",),
        "n": ("X-koordinat",),
        "e": ("Y-koordinat",),
        "fritext": ("Beskrivning",),
    }
    assert source.crs == "EPSG:3006"
    assert "Klottrr" in source.codes.category
    assert "XQ-17" in text
    settings = workspace.paths.settings
    settings.write_text(
        settings.read_text(encoding="utf-8").replace(
            "[kallor]", '[kallor]\nnytt-system = "Nytt system"'
        ),
        encoding="utf-8",
    )
    (workspace.paths.sources / "nytt-system.toml").write_text(text, encoding="utf-8")
    workspace.drop("nytt-system", "export.csv", EXPORT)
    [receipt] = workspace.take_in()
    assert (receipt.rows_read, receipt.accepted_count) == (3, 2)
    assert receipt.findings["value"].to_list() == ["XQ-17"]


def test_a_draft_repeats_no_person(workspace: Any) -> None:
    text = draft(workspace, EXPORT, name="Uttag 850101-1234.csv")
    for secret in ("850101", "0701234567", "Anna", "lugnt"):
        assert secret not in text


def test_times_are_found_by_their_cells_when_the_header_says_nothing(workspace: Any) -> None:
    text = draft(workspace, "A;B;Typ\n1;11/16/2026 21:30;Brand\n2;11/17/2026 01:10;Brand\n")
    parsed = tomllib.loads(text)
    assert parsed["kolumner"]["start"] == "B"
    assert parsed["tid"]["format"] == ["%m/%d/%Y %H:%M"]


@pytest.mark.parametrize("odd", ['a"b', "a\\b", "å'ö", "[x]", "#", "namn = 1"])
def test_odd_column_names_give_a_file_that_can_be_read(workspace: Any, odd: str) -> None:
    quoted = odd.replace('"', '""')
    text = draft(workspace, f'"{quoted}";Datum;Typ\n1;2026-11-16;"{quoted}"\n')
    tomllib.loads(text)


def test_a_file_without_rows_is_answered(workspace: Any) -> None:
    with pytest.raises(RefusedFileError, match="inga rader"):
        draft(workspace, "Datum;Typ\n")


@pytest.mark.real
def test_a_draft_for_every_layout_of_st_louis(workspace: Any, shared_real: Path) -> None:
    import zipfile

    archives = sorted(shared_real.rglob("*.zip"))
    names = [
        (a, n)
        for a in archives
        for n in zipfile.ZipFile(a).namelist()
        if n.lower().endswith("2012.csv")
    ]
    assert names
    for archive, name in names[:3]:
        file = workspace.root / "month.csv"
        file.write_bytes(zipfile.ZipFile(archive).read(name))
        parsed = tomllib.loads(
            draft_source(file, configuration=workspace.configuration, source_id="stl")
        )
        assert parsed["kolumner"]["start"].startswith("DateOccur")
