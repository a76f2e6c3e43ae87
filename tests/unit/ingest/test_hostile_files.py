"""Files made to do harm: refused, or taken in harmless, and never at great cost."""

import io
import os
import time
import zipfile
from typing import Any

import pytest
import xlsxwriter

HEAD = "rapport_id;start;kategori;plats;fritext\n"


def workbook(**extra: bytes) -> bytes:
    """A workbook with one report, and other members in its archive."""
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["rapport_id", "start", "kategori"])
        sheet.write_row(1, 0, ["1", "2026-11-16", "brand"])
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(plain) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            new.writestr(member, old.read(member))
        for name, content in extra.items():
            new.writestr(name.replace("_", "."), content)
    return packed.getvalue()


def test_ten_thousand_columns(workspace: Any) -> None:
    workspace.drop("tib", "bred.csv", ";".join(f"k{n}" for n in range(10_000)) + "\n1\n")
    [receipt] = workspace.take_in()
    assert receipt.reason_code == "for_manga_kolumner"
    known = "rapport_id;start;kategori;" + ";".join(f"k{n}" for n in range(10_000))
    workspace.drop("tib", "bred2.csv", known + "\n1;2026-11-16;brand\n")
    [receipt] = workspace.take_in()
    assert receipt.reason_code == "for_manga_kolumner"


def test_a_line_without_end(workspace: Any) -> None:
    workspace.drop("tib", "lang.csv", HEAD + "1;2026-11-16;brand;Ryd;" + "x" * 70_000_000)
    [receipt] = workspace.take_in()
    assert receipt.reason_code == "for_lang_rad"


def test_gigantic_cells_are_set_aside_without_being_repeated(workspace: Any) -> None:
    giant = "ring 070-123 45 67 " * 200_000
    workspace.drop(
        "tib", "a.csv", HEAD + f"1;2026-11-16;brand;{giant};x\n2;2026-11-16;brand;Ryd;\n"
    )
    started = time.process_time()
    [receipt] = workspace.take_in()
    assert time.process_time() - started < 30
    assert receipt.accepted_count == 1
    assert receipt.findings["reason_code"].to_list() == ["for_lang_text"]
    [mend] = (workspace.paths.quarantine / "tib").iterdir()
    assert mend.stat().st_size < 1_000
    assert b"070-123" not in mend.read_bytes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (workbook(), ""),
        (workbook(inre_zip=b"PK\x03\x04"), "misstankt_arkiv"),
        (workbook(inre_xlsx=b"PK\x03\x04"), "misstankt_arkiv"),
        (workbook(bomb_bin=bytes(200 * 1024**2)), "misstankt_arkiv"),
        (workbook()[:700], "trasig_excel"),
        (workbook().replace(b"sheet1", b"sheet9"), "trasig_excel"),
    ],
    ids=["sound", "zip inside", "workbook inside", "bomb", "cut off", "damaged"],
)
def test_workbooks(workspace: Any, content: bytes, reason: str) -> None:
    workspace.drop("tib", "bok.xlsx", content)
    [receipt] = workspace.take_in()
    assert receipt.reason_code == reason


@pytest.mark.skipif(os.name == "nt", reason="links need rights that a test has not")
def test_links_are_left_alone(workspace: Any, tmp_path: Any) -> None:
    secret = tmp_path / "hemlig.csv"
    secret.write_text(HEAD + "1;2026-11-16;brand;Ryd;\n", encoding="utf-8")
    (workspace.paths.inbox / "tib" / "lank.csv").symlink_to(secret)
    (workspace.paths.inbox / "lankmapp").symlink_to(tmp_path)
    assert workspace.take_in() == []
    assert secret.is_file()
    assert (workspace.paths.inbox / "tib" / "lank.csv").is_symlink()
    assert len(workspace.reports) == 0
