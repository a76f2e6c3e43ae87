"""How names were recognised, in the receipt: masked, complete, in words."""

import html
from typing import Any

ROWS = """\
rapport_id;start;kategori;plats
1;2026-11-16 21:30;brand;Skägetorps C
2;2026-11-16 21:30;brand;Skägetorps C
3;2026-11-16 21:30;brand;Stora torget
4;2026-11-16 21:30;brand;Ring Anna Svensson 070-1234567 Ryds herrgrd
5;2026-11-16 21:30;brand;Snestadsskolan
6;2026-11-16 21:30;brand;Rydscentrum
7;2026-11-16 21:30;brand;=Skäggetorpp
"""


def receipts_of(workspace: Any) -> tuple[str, str]:
    workspace.drop("tib", "r.csv", ROWS)
    workspace.take_in()
    folder = workspace.paths.receipts / "tib"
    page = html.unescape(next(folder.glob("*.html")).read_text(encoding="utf-8"))
    return page, next(folder.glob("*.csv")).read_text(encoding="utf-8-sig")


def test_each_inexact_name_stands_in_the_page(workspace: Any) -> None:
    page, _ = receipts_of(workspace)
    assert "Skägetorps C → Skäggetorps centrum (likhet 95 av 100), 2 rader" in page
    assert "Rydscentrum → Ryds centrum (annan böjning eller förkortning), 1 rad" in page
    assert (
        "Snestadsskolan → kan vara Ånestadsskolan eller Slestadsskolan, så platsen är inte tolkad"
        in page
    )
    assert "1 rad har namnet skrivet som i platslistan." in page


def test_no_person_stands_in_it(workspace: Any) -> None:
    for text in receipts_of(workspace):
        assert "Ryds herrgrd" in text
        assert "Anna" not in text
        assert "1234567" not in text


def test_they_stand_in_the_table_too_and_no_formula_runs(workspace: Any) -> None:
    _, table = receipts_of(workspace)
    lines = table.splitlines()
    assert lines[0].endswith(";tolkat_som")
    assert "plats;2;;;Skägetorps C;;;;Skäggetorps centrum (likhet 95 av 100)" in lines
    assert "plats;1;;;'=Skäggetorpp;;;;Skäggetorp (likhet 91 av 100)" in lines


def test_the_threshold_is_the_workspace_s_own(workspace: Any) -> None:
    settings = workspace.paths.settings
    text = settings.read_text(encoding="utf-8")
    assert "platslikhet = 88" in text
    settings.write_text(text.replace("platslikhet = 88", "platslikhet = 100"), encoding="utf-8")
    page, _ = receipts_of(workspace)
    assert "likhet" not in page
    assert "Rydscentrum → Ryds centrum" in page
