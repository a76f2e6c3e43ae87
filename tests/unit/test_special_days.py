"""The calendar: holidays by law from the library, the municipality's own entries from its file."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from est_pipeline.domain.special_days import read_calendar
from est_pipeline.errors import ConfigError


def names(file: Path, first: date, last: date, country: str = "SE") -> list[str]:
    return list(read_calendar(file, country=country, first=first, last=last)["name"])


def test_holidays_and_breaks_of_a_period(workspace: Any) -> None:
    file = workspace.paths.data / "referens" / "kalender.csv"
    christmas = names(file, date(2026, 12, 21), date(2027, 1, 3))
    assert christmas == ["Jullov", "Juldagen", "Annandag jul", "Nyårsafton", "Nyårsdagen"]
    assert names(file, date(2026, 11, 16), date(2026, 11, 22)) == []
    assert "Valborgsmässoafton" in names(file, date(2026, 4, 27), date(2026, 5, 3))


def test_a_workspace_may_do_without_a_file(tmp_path: Path) -> None:
    assert names(tmp_path / "saknas.csv", date(2026, 6, 1), date(2026, 6, 7)) == ["Nationaldagen"]


def test_another_country_has_other_holidays(tmp_path: Path) -> None:
    july = names(tmp_path / "saknas.csv", date(2013, 7, 1), date(2013, 7, 7), country="US")
    assert len(july) == 1


def test_mistakes_name_the_line(tmp_path: Path) -> None:
    file = tmp_path / "kalender.csv"
    file.write_text("fran;till;slag;namn\n2026-01-01;i mars;lov;Lov\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"rad 2"):
        names(file, date(2026, 1, 1), date(2026, 1, 2))
    with pytest.raises(ConfigError, match="ZZ"):
        names(tmp_path / "saknas.csv", date(2026, 1, 1), date(2026, 1, 2), country="ZZ")
