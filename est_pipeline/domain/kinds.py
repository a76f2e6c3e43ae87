"""The closed vocabularies of a report: kind, form type, how it was placed, rhythm, free text.

Values of the enums in the first part stand in tables (English); those in the second part
stand in configuration files and in the reporting form (Swedish).
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The four kinds of report that are never added together."""

    INCIDENT = "incident"
    ENVIRONMENT_CASE = "environment_case"
    FOUND_BY_EFFORT = "found_by_effort"
    CONTEXT = "context"


KIND_WORDS = {
    "handelse": Kind.INCIDENT,
    "miljoarende": Kind.ENVIRONMENT_CASE,
    "insatsfynd": Kind.FOUND_BY_EFFORT,
    "sammanhang": Kind.CONTEXT,
}
"""The words of the configuration for the four kinds."""


class Placing(StrEnum):
    """How a report got its place, from the most to the least precise way."""

    COORDINATES = "coordinates"
    PLACE = "place"
    ADDRESS = "address"
    DISTRICT = "district"
    TEXT_PLACE = "text_place"
    TEXT_DISTRICT = "text_district"
    NONE = "none"


class InformationClass(StrEnum):
    """Who may see a field or a section of a page."""

    OPEN = "öppen"
    INTERNAL = "intern"
    SENSITIVE = "känslig"

    @property
    def rank(self) -> int:
        """0 for what anybody may see, rising with sensitivity."""
        return list(InformationClass).index(self)


class ReportType(StrEnum):
    """The `rapporttyp` of the reporting form; `WITHDRAWN` takes an earlier report back."""

    INCIDENT = "händelse"
    OBSERVATION = "iakttagelse"
    UNSAFE_PLACE = "otrygg plats"
    FOUND_BY_EFFORT = "insatsfynd"
    COMING = "kommande"
    NOTHING = "inget att rapportera"
    WITHDRAWN = "återkallad"


class Reliability(StrEnum):
    """The `tillförlitlighet` of the reporting form."""

    SEEN = "sett själv"
    TOLD = "uppgift"
    SUSPECTED = "misstanke"


class Rhythm(StrEnum):
    """How often a source is expected to report."""

    DAILY = "dag"
    WEEKLY = "vecka"
    MONTHLY = "månad"
    ON_DEMAND = "vid behov"

    @property
    def days(self) -> int | None:
        """Days between two deliveries; none for a source that reports when there is cause."""
        return {"dag": 1, "vecka": 7, "månad": 31}.get(self.value)


class FreeText(StrEnum):
    """What becomes of a source's free text after it has been read for the place."""

    DROP = "kastas"
    MASK = "maskeras"
    PUBLIC = "offentlig"


class SourceState(StrEnum):
    """How a source stands against its rhythm."""

    ON_TIME = "i tid"
    LATE = "sen"
    SILENT = "tyst"
    NOTHING = "inget att rapportera"
    NOT_CONNECTED = "ej ansluten"


class DeliveryState(StrEnum):
    """Where a delivered file stands."""

    RECEIVED = "mottagen"
    ACCEPTED = "intagen"
    KNOWN = "redan känd"
    REFUSED = "avvisad"
    UNDONE = "återtagen"


class Verdict(StrEnum):
    """What a comparison says of a week's count, as the page says it."""

    CLEAR_RISE = "tydlig ökning"
    WATCH = "håll koll"
    USUAL = "som vanligt"
    CLEAR_FALL = "tydlig minskning"
    TOO_FEW = "för litet underlag"
    SHORT_HISTORY = "kort historik"


class Level(StrEnum):
    """What a comparison is about; values stand in tables."""

    CELL = "cell"
    DISTRICT = "district"
    CATEGORY = "category"
    CITY = "city"
    NEIGHBOURS = "neighbours"
