"""The page of a small week, word for word: what changes here is seen before it is meant.

To take over a change on purpose: EST_WRITE_GOLDEN=1 python -m pytest tests/golden
"""

import html
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from est_pipeline.pipeline import report

FOLDER = Path(__file__).parent
NEVER_THE_SAME = {"configuration_checksum", "program_version"}
HEADER = "rapport_id;rapporttyp;start;slut;kategori;plats;antal_händelser\n"
WEEKS = {
    "loud": HEADER
    + "1;händelse;2026-11-17 21:30;;skadegörelse;Skäggetorps centrum;\n"
    + "2;händelse;2026-11-18 22:10;;klotter;Skäggetorps centrum;2\n"
    + "3;händelse;2026-11-20 23:45;;misshandel;Stora torget;\n"
    + "4;händelse;2026-11-16;;brand;Ryd;\n"
    + "5;otrygg plats;2026-11-17 08:00;;belysning;Berga;\n"
    + "6;insatsfynd;2026-11-19 20:00;;narkotika;Trädgårdsföreningen;\n"
    + "7;händelse;2026-11-19 20:00;;stöld;bakom en buske;\n"
    + "8;händelse;2026-11-10 20:00;;stöld;Lambohov;\n"
    + "9;kommande;2026-11-28 12:00;;kommande;Stora torget;\n",
    "nothing": HEADER + "1;inget att rapportera;;;;;\n",
    "unplaced": HEADER + "1;händelse;2026-11-17 21:30;;skadegörelse;;\n",
}


def words_of(page: str) -> str:
    """What is read on the page: its text, one line a block, without scripts and drawings."""
    page = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", "", page)
    page = re.sub(r"</?(p|li|h\d|tr|td|th|caption|dt|dd|section|div|summary)\b[^>]*>", "\n", page)
    lines = html.unescape(re.sub(r"<[^>]+>", "", page)).split("\n")
    return "\n".join(line for each in lines if (line := " ".join(each.split()))) + "\n"


def figures_of(text: str) -> str:
    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: kept(v) for k, v in value.items() if k not in NEVER_THE_SAME}
        return [kept(v) for v in value] if isinstance(value, list) else value

    return json.dumps(kept(json.loads(text)), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@pytest.mark.parametrize("name", WEEKS)
def test_page_word_for_word(workspace: Any, name: str) -> None:
    workspace.drop("tib", "vecka 47.csv", WEEKS[name])
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = report(
        workspace.configuration, as_of=datetime.fromisoformat("2026-11-23T09:00:00+01:00")
    )
    checksum = workspace.configuration.checksum
    words = words_of(page.read_text(encoding="utf-8"))
    found = {
        f"{name}.txt": words.replace(checksum, "[kontrollsumma]"),
        f"{name}.json": figures_of(page.with_suffix(".json").read_text(encoding="utf-8")),
    }
    for file, text in found.items():
        golden = FOLDER / file
        if os.environ.get("EST_WRITE_GOLDEN"):
            golden.write_text(text, encoding="utf-8", newline="\n")
        assert text == golden.read_text(encoding="utf-8"), file
