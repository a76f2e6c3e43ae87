"""What could not be placed is listed, corrected by a human, and placed from then on."""

from collections.abc import Callable
from datetime import datetime
from subprocess import CompletedProcess
from typing import Any

import pandas as pd
import pytest

from est_pipeline.corrections import (
    Correction,
    correct_places,
    list_unplaced,
    read_corrections,
    write_correction_file,
)
from est_pipeline.errors import ConfigError, FileNotTakenError, WorkspaceError
from est_pipeline.pipeline import ingest, undo
from est_pipeline.store import Warehouse

ROWS = """\
rapport_id;start;kategori;plats;adress
1;2026-11-16 21:30;brand;Lilla kiosken;
2;2026-11-17 21:30;brand;lilla  kiosken;
3;2026-11-16 21:30;brand;Lilla kiosken;
4;2026-11-16 21:30;brand;;Okändgatan 5
5;2026-11-16 21:30;brand;Snestadsskolan;
6;2026-11-16 21:30;brand;=1+1;
7;2026-11-16 21:30;brand;Norra byn;
8;2026-11-16 21:30;brand;Stora torget;
"""
DAY_1, DAY_2, DAY_3 = (f"2026-11-{day}T08:00:00+01:00" for day in (23, 24, 25))


def run(workspace: Any, at: str) -> tuple[str, ...]:
    done = ingest(workspace.configuration, as_of=datetime.fromisoformat(at))
    return done.placed_anew.sentences


def placed(workspace: Any) -> dict[str, str]:
    reports = workspace.reports
    return dict(zip(reports["report_id"].str[4:], reports["district_id"], strict=True))


def as_known(workspace: Any, at: str) -> pd.DataFrame:
    with Warehouse.open(workspace.paths) as warehouse:
        return warehouse.reports(
            as_of=datetime.fromisoformat(at), first_week="2026-W01", last_week="2026-W53"
        )


@pytest.fixture
def taken_in(workspace: Any) -> Any:
    workspace.drop("tib", "r.csv", ROWS)
    run(workspace, DAY_1)
    return workspace


def test_the_list_has_the_most_frequent_first(taken_in: Any) -> None:
    unplaced = list_unplaced(taken_in.configuration)
    assert unplaced["text"].tolist() == [
        "Lilla kiosken",
        "=1+1",
        "Norra byn",
        "Okändgatan",
        "Snestadsskolan",
    ]
    first, last = unplaced.iloc[0], unplaced.iloc[4]
    assert (first["report_count"], first["last_on"], first["sources"]) == (3, "2026-11-17", "tib")
    assert pd.isna(first["guess"])
    assert last["score"] == 93
    assert last["target_id"] in {"anestadsskolan", "slestadsskolan"}


def test_nothing_published_is_said(workspace: Any) -> None:
    with pytest.raises(WorkspaceError, match=r"report\.parquet"):
        list_unplaced(workspace.configuration)


def test_a_correction_places_stored_rows_from_the_next_run_on(taken_in: Any) -> None:
    correct_places(taken_in.configuration, [Correction("Lilla kiosken", "Stora torget")])
    assert run(taken_in, DAY_2) == ("3 tidigare oplacerade rapporter har fått en plats.",)
    now = as_known(taken_in, DAY_2).set_index("line_number").loc[2]
    assert (now["placing"], now["place_id"]) == ("place", "stora-torget")
    assert now["lon"] == 15.6216
    assert pd.isna(now["place_text"])
    then = as_known(taken_in, DAY_1).set_index("line_number").loc[2]
    assert (then["placing"], then["district_id"]) == ("none", "oplacerad")
    assert then["place_text"] == "Lilla kiosken"
    assert run(taken_in, DAY_3) == ()


def test_the_weekly_counts_follow(taken_in: Any) -> None:
    def city() -> int:
        counts = taken_in.table("week_district_category")
        return int(counts.loc[counts["district_id"] == "city", "incident_count"].sum())

    assert city() == 1
    correct_places(taken_in.configuration, [Correction("Lilla kiosken", "stora-torget")])
    run(taken_in, DAY_2)
    assert city() == 4


def test_a_correction_that_is_taken_back_takes_its_places_back(taken_in: Any) -> None:
    file = taken_in.paths.data / "referens/platser.csv"
    before = file.read_bytes()
    correct_places(taken_in.configuration, [Correction("Lilla kiosken", "stora-torget")])
    run(taken_in, DAY_2)
    file.write_bytes(before)
    assert run(taken_in, DAY_3) == ("3 rapporter är oplacerade igen, sedan platslistan ändrats.",)
    assert placed(taken_in)["1"] == "oplacerad"
    assert as_known(taken_in, DAY_2)["placing"].tolist().count("place") == 4


def test_a_place_in_another_district_moves_them(taken_in: Any) -> None:
    file = taken_in.paths.data / "referens/platser.csv"
    correct_places(taken_in.configuration, [Correction("Lilla kiosken", "stora-torget")])
    run(taken_in, DAY_2)
    text = file.read_text(encoding="utf-8").replace("Lilla kiosken", "")
    file.write_text(text, encoding="utf-8")
    correct_places(taken_in.configuration, [Correction("Lilla kiosken", "ryds-centrum")])
    assert run(taken_in, DAY_3) == (
        "3 rapporter har fått en annan plats, sedan platslistan ändrats.",
    )
    assert placed(taken_in)["1"] == "ryd"


def test_the_file_can_still_be_taken_back_and_come_again(taken_in: Any) -> None:
    correct_places(taken_in.configuration, [Correction("Lilla kiosken", "stora-torget")])
    run(taken_in, DAY_2)
    undone = undo(taken_in.configuration, "r.csv", as_of=datetime.fromisoformat(DAY_3))
    assert undone.result.gone_count == 8
    assert taken_in.reports.empty
    taken_in.drop("tib", "r2.csv", ROWS)
    run(taken_in, "2026-11-26T08:00:00+01:00")
    assert placed(taken_in)["1"] == "city"


def test_a_district_can_be_the_answer(taken_in: Any) -> None:
    layer = taken_in.paths.data / "referens/stadsdelar.geojson"
    before = layer.read_text(encoding="utf-8").splitlines()
    done = correct_places(taken_in.configuration, [Correction("Norra byn", "Ryd")])
    assert done.added_count == 1
    after = layer.read_text(encoding="utf-8").splitlines()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    run(taken_in, DAY_2)
    assert placed(taken_in)["7"] == "ryd"


def test_only_the_places_own_line_changes(taken_in: Any) -> None:
    file = taken_in.paths.data / "referens/platser.csv"
    # an own column, an own order, Windows' line ends and a byte-order mark
    rows = file.read_text(encoding="utf-8").splitlines()
    text = "\r\n".join([f"{rows[0]};not", *(f'{row};"a;b"' for row in reversed(rows[1:]))])
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    correct_places(taken_in.configuration, [Correction("Kiosk; stor", "skaggetorps-centrum")])
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    before, after = text.split("\r\n"), content.decode("utf-8-sig").split("\r\n")
    [changed] = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed.startswith(
        'skaggetorps-centrum;Skäggetorps centrum;"Skäggetorp centrum|Kiosk; stor";centrum;58.4271'
    )
    assert changed.endswith(';"a;b"')


def test_a_correction_file_goes_out_and_comes_back(taken_in: Any) -> None:
    file = write_correction_file(list_unplaced(taken_in.configuration), taken_in.root / "r.csv")
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "text;antal;förslag;likhet;plats_id;stadsdel"
    assert lines[1] == "Lilla kiosken;3;;;;"
    assert lines[2] == "'=1+1;1;;;;"
    assert read_corrections(file) == []
    lines[1] = "Lilla kiosken;3;;;stora-torget;"
    lines[2] = "'=1+1;1;;;;city"
    file.write_bytes("\r\n".join(lines).encode("cp1252"))  # as Excel saves it
    corrections = read_corrections(file)
    assert corrections == [
        Correction("Lilla kiosken", "stora-torget", 2, False),
        Correction("=1+1", "city", 3, True),
    ]
    assert correct_places(taken_in.configuration, corrections).added_count == 2
    again = correct_places(taken_in.configuration, corrections)
    assert (again.added_count, again.known_count) == (0, 2)


@pytest.mark.parametrize(
    ("text", "target", "words"),
    [
        ("Nygatan", "stora-torget", "rad 7: ”Nygatan” leder redan till nygatan"),
        ("Ryd", "stora-torget", "leder redan till ryd"),
        ("kiosken", "finns-inte", "det finns ingen plats som heter finns-inte"),
        ("  ", "stora-torget", "texten är tom"),
        ("a|b", "stora-torget", "innehåller tecknet |"),
        ("hos Anna Svensson 070-123 45 67", "stora-torget", "kan peka ut en person"),
    ],
    ids=["place", "district", "unknown", "empty", "bar", "person"],
)
def test_a_wrong_row_changes_nothing(taken_in: Any, text: str, target: str, words: str) -> None:
    file = taken_in.paths.data / "referens/platser.csv"
    before = file.read_bytes()
    good = Correction("Lilla kiosken", "stora-torget", 6, False)
    with pytest.raises(ConfigError) as caught:
        correct_places(
            taken_in.configuration, [good, Correction(text, target, 7, False)], file_name="r.csv"
        )
    assert words in caught.value.message
    assert "Svensson" not in str(caught.value)
    assert file.read_bytes() == before


def test_one_text_cannot_be_two_places(taken_in: Any) -> None:
    both = [Correction("Kiosken", "ikea", 2), Correction("KIOSKEN", "nygatan", 3)]
    with pytest.raises(ConfigError, match="rad 3: ”KIOSKEN” leder redan till ikea"):
        correct_places(taken_in.configuration, both)


def test_both_a_place_and_a_district_on_a_row_is_refused(taken_in: Any) -> None:
    file = taken_in.root / "r.csv"
    file.write_text("text;plats_id;stadsdel\nx;ikea;ryd\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="rad 2: både plats_id och stadsdel"):
        read_corrections(file)
    file.write_text("text;plats\nx;ikea\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="kolumnen 'plats_id' saknas"):
        read_corrections(file)
    with pytest.raises(FileNotTakenError):
        read_corrections(taken_in.root / "finns-inte.csv")


def test_the_commands(taken_in: Any, est: Callable[..., CompletedProcess[str]]) -> None:
    where = ("--workspace", taken_in.root)
    listed = est("places", "--limit", 1, *where, check=True).stdout
    assert "7 rapporter kunde inte placeras, av 5 olika texter:" in listed
    assert "     3  Lilla kiosken  (senast 2026-11-17, tib)" in listed
    assert "Och 4 texter till" in listed
    file = taken_in.root / "att-fylla-i.csv"
    assert str(file) in est("places", "--csv", file, *where, check=True).stdout
    learnt = est("places", "alias", "Lilla kiosken", "Stora torget", *where, check=True)
    assert "1 alias är tillagt." in learnt.stdout
    text = file.read_text(encoding="utf-8-sig").replace("Norra byn;1;;;;", "Norra byn;1;;;;ryd")
    file.write_text(text, encoding="utf-8")
    assert "1 alias är tillagt." in est("places", "correct", file, *where, check=True).stdout
    done = est("run", "--as-of", DAY_2, *where, check=True).stdout
    assert "4 tidigare oplacerade rapporter har fått en plats." in done
    twice = est("places", "alias", "Lilla kiosken", "nygatan", *where)
    assert twice.returncode == ConfigError.exit_code
    assert twice.stderr.startswith("Fel: ”Lilla kiosken” leder redan till stora-torget.")
