"""The command line as an operator meets it: exit codes, one Swedish sentence, no traceback."""

import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

AS_OF = "2026-11-23T09:00"
FORM = "rapport_id;start;kategori;plats\n"


def run(est: Any, workspace: Any, *more: str) -> Any:
    return est("run", "--workspace", workspace.root, "--as-of", AS_OF, *more)


def answer(done: Any, exit_code: int) -> str:
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("Fel: ")
    return str(line)


def test_an_empty_inbox_makes_the_page_and_ends_with_0(est: Any, workspace: Any) -> None:
    done = run(est, workspace)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Inkorgen är tom." in done.stdout
    page = workspace.paths.reports / "intern" / "2026-W47" / "lagesbild.html"
    assert str(page) in done.stdout
    assert page.is_file()
    assert json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))


def test_running_twice_with_the_same_as_of_gives_the_same_bytes(est: Any, workspace: Any) -> None:
    workspace.drop("tib", "v47.csv", FORM + "1;2026-11-17 21:30;brand;Ryd\n")
    pages = []
    for _ in range(2):
        assert run(est, workspace).returncode == 0
        folder = workspace.paths.reports / "intern" / "2026-W47"
        pages.append([(folder / f"lagesbild.{kind}").read_bytes() for kind in ("html", "json")])
    assert pages[0] == pages[1]


def test_unknown_weeks_and_moments(est: Any, workspace: Any) -> None:
    assert "2026-W54" in answer(run(est, workspace, "--week", "2026-W54"), 5)
    assert "inte börjat" in answer(run(est, workspace, "--week", "2027-W02"), 5)
    assert "2026-11-23T09:00" in answer(
        est("run", "--workspace", workspace.root, "--as-of", "igår"), 5
    )


def test_a_running_week_is_built_when_asked_for(est: Any, workspace: Any) -> None:
    assert run(est, workspace, "--week", "2026-W48").returncode == 0
    assert (workspace.paths.reports / "intern" / "2026-W48" / "lagesbild.html").is_file()


def test_a_missing_folder(est: Any, tmp_path: Path) -> None:
    said = answer(est("run", "--workspace", tmp_path / "finns inte"), 3)
    assert "ingen arbetsmapp" in said


def test_a_broken_configuration(est: Any, workspace: Any) -> None:
    workspace.paths.settings.write_text("[kommun\n", encoding="utf-8")
    assert "data/est.toml, rad 1" in answer(run(est, workspace), 4)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no read-only folders")
@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_folder(est: Any, workspace: Any) -> None:
    workspace.paths.data.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert "skriva" in answer(run(est, workspace), 6)
    finally:
        workspace.paths.data.chmod(stat.S_IRWXU)


def test_a_folder_that_cannot_be_written(est: Any, workspace: Any) -> None:
    # a file where the folder should be: nobody, root neither, can write into it
    workspace.paths.reports.joinpath("LAS-MIG.txt").unlink()
    workspace.paths.reports.rmdir()
    workspace.paths.reports.write_text("", encoding="utf-8")
    assert "lagesbild" in answer(run(est, workspace), 6)


def test_check_says_what_a_receipt_would_say_and_stores_nothing(est: Any, workspace: Any) -> None:
    file = workspace.drop("tib", "v47.csv", FORM + "1;2026-11-17 21:30;brand;Ryd\n2;;brand;\n")
    done = est("check", file, "--workspace", workspace.root, "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    assert "rad 3, start: (tomt). Tidpunkt saknas." in done.stdout
    assert "Inget är sparat." in done.stdout
    assert file.is_file()
    assert workspace.status()["files"] == []
    assert not workspace.paths.archive.exists()
    assert not workspace.paths.receipts.exists()
    refused = est("check", workspace.drop("tib", "tom.csv", ""), "--workspace", workspace.root)
    assert refused.returncode == 9
    assert "Filen är tom" in refused.stdout


def test_check_needs_to_know_whose_file_it_is(est: Any, workspace: Any, tmp_path: Path) -> None:
    file = tmp_path / "fil.csv"
    file.write_text(FORM, encoding="utf-8")
    assert "--source" in answer(est("check", file, "--workspace", workspace.root), 7)
    missing = est("check", tmp_path / "saknas.csv", "--workspace", workspace.root)
    assert "finns inte" in answer(missing, 7)


def test_undo_takes_a_file_back(est: Any, workspace: Any) -> None:
    workspace.drop("tib", "v47.csv", FORM + "1;2026-11-17 21:30;brand;Ryd\n")
    assert run(est, workspace).returncode == 0
    done = est("undo", "v47.csv", "--workspace", workspace.root, "--as-of", "2026-11-23T10:00")
    assert "1 rapport är borta" in done.stdout
    assert workspace.reports.empty
    [file] = workspace.status("2026-11-23T11:00:00+01:00")["files"]
    assert file["state"] == "återtagen"
    again = est("undo", "v47.csv", "--workspace", workspace.root)
    assert "Ingen inläst fil" in answer(again, 7)


def test_status_as_json(est: Any, workspace: Any) -> None:
    workspace.drop("tib", "v47.csv", FORM + "1;2026-11-17 21:30;brand;Ryd\n2;x;brand;\n")
    run(est, workspace)
    done = est("status", "--json", "--workspace", workspace.root, "--as-of", AS_OF)
    found = json.loads(done.stdout)
    [file] = found["files"]
    digest = file.pop("sha256")
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert file == {
        "source_id": "tib",
        "file_name": "v47.csv",
        "state": "intagen",
        "reason": None,
        "rows_read": 2,
        "accepted_count": 1,
        "quarantined_count": 1,
        "known_count": 0,
        "left_out_count": 0,
        "received_at": "2026-11-23T09:00:00+01:00",
    }
    states = {source["source_id"]: source["state"] for source in found["sources"]}
    assert states["tib"] == "i tid"
    assert states["polisen"] == "ej ansluten"
    assert set(found["sources"][0]) == {"source_id", "last_file_at", "state"}


def test_help_and_mistakes_are_in_swedish(est: Any) -> None:
    shown = est("--help").stdout
    assert "Användning:" in shown
    assert "Kommandon:" in shown
    assert "Show this message" not in shown
    wrong = est("kör")
    assert wrong.returncode == 2
    assert "Kommandot kör finns inte." in wrong.stderr
    assert "Det saknas ett argument" in est("init").stderr


def test_start_does_not_wait_for_the_heavy_libraries() -> None:
    import subprocess

    heavy = {"pandas", "numpy", "scipy", "h3", "shapely", "duckdb", "folium", "altair", "pydantic"}
    heavy |= {"weasyprint"}
    code = f"import est_pipeline.cli, sys; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
