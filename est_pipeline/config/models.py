"""The models of the configuration files: which keys there are and what may stand in them.

Keys are Swedish, since a municipality edits the files; attributes are English.
"""

from __future__ import annotations

import difflib
import re
from datetime import date, time
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from est_pipeline.domain.kinds import KIND_WORDS, FreeText, Kind, Rhythm

FORM_COLUMNS: dict[str, str] = {
    "rapport_id": "source_row_id",
    "rapporttyp": "report_type",
    "start": "occurred_from",
    "slut": "occurred_to",
    "inrapporterad": "reported_at",
    "kategori": "category",
    "underkategori": "subcategory",
    "allvarlighetsgrad": "severity",
    "tillförlitlighet": "reliability",
    "plats": "place",
    "adress": "address",
    "n": "northing",
    "e": "easting",
    "lat": "lat",
    "lon": "lon",
    "platstyp": "place_type",
    "antal_händelser": "incident_number",
    "polisanmäld": "is_police_reported",
    "åtgärd_vidtagen": "action_taken",
    "fritext": "free_text",
    "ersätter_rapport_id": "replaces_row_id",
}
"""The reporting form (EST-mallen): column as reporters see it -> our column."""

EXTRA_COLUMNS: dict[str, str] = {"stadsdel": "district_name", "rubrik": "title"}
"""Columns that a source's own export may have although the form does not ask for them."""

WEEKDAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")


def _ascii_key(word: str) -> str:
    """Write a Swedish key the way it stands in TOML (bare keys are ASCII)."""
    return word.translate(str.maketrans("åäö", "aao"))


COLUMN_KEYS = {_ascii_key(key): name for key, name in {**FORM_COLUMNS, **EXTRA_COLUMNS}.items()}
"""The keys of `[kolumner]` in a source file -> our column."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(
            f"tidszonen {name!r} finns inte; skriv till exempel Europe/Stockholm"
        ) from None
    return name


def _known_crs(name: str) -> str:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_user_input(name)
    except CRSError:
        raise ValueError(
            f"koordinatsystemet {name!r} är okänt; skriv till exempel EPSG:3006 (SWEREF 99 TM)"
        ) from None
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"mönstret är inget giltigt reguljärt uttryck ({error.msg})") from None
    return text


def _tiles_url(url: str) -> str:
    # one host, spelt out: it goes into the page's policy as it stands, and nothing else does
    if url and not re.fullmatch(r"https://[a-z0-9.-]+(?::\d{1,5})?/[\w./{}?=&%@+-]*", url):
        raise ValueError(
            f"webbkartan {url!r} ska vara en adress som börjar med https:// och en server, "
            "till exempel https://karta.example.se/{z}/{x}/{y}.png"
        )
    if url and not all(part in url for part in ("{z}", "{x}", "{y}")):
        raise ValueError("webbkartans adress ska innehålla {z}, {x} och {y}")
    return url


def _kind(word: object) -> object:
    if isinstance(word, str) and not isinstance(word, Kind):
        if word not in KIND_WORDS:
            raise ValueError(f"tillåtet är {', '.join(KIND_WORDS)}; där stod {word!r}")
        return KIND_WORDS[word]
    return word


def _clock_span(value: object) -> object:
    """Read `18-23` or `22.30-06.00`: from and to in minutes after midnight."""
    if not isinstance(value, str):
        return value
    clock = r"(\d{1,2})(?:[.:](\d{2}))?"
    match = re.fullmatch(rf"\s*{clock}\s*[-–]\s*{clock}\s*", value)
    if match is not None:
        first, first_minute, last, last_minute = (int(part or 0) for part in match.groups())
        if max(first, last) <= 24 and max(first_minute, last_minute) <= 59:
            span = (first * 60 + first_minute, last * 60 + last_minute)
            if max(span) <= 24 * 60 and span[0] != span[1]:
                return span
    raise ValueError(
        f'klockslagen {value!r} går inte att läsa; skriv från och till, till exempel "18-23"'
    )


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


ZoneName = Annotated[str, AfterValidator(_known_zone)]
CrsName = Annotated[str, AfterValidator(_known_crs)]
Pattern = Annotated[str, AfterValidator(_pattern)]
KindWord = Annotated[Kind, BeforeValidator(_kind)]
Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
ClockSpan = Annotated[tuple[int, int], BeforeValidator(_clock_span)]
SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Strict(BaseModel):
    """Frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Municipality(Strict):
    """Who makes the lägesbild, for whom, and in which time zone."""

    name: str = Field(alias="namn")
    group: str = Field(alias="grupp")
    audience: str = Field("", alias="mottagare")
    contact: str = Field("", alias="kontakt")
    registry_number: str = Field("", alias="diarienummer")
    zone_name: ZoneName = Field("Europe/Stockholm", alias="tidszon")
    holiday_country: str = Field("SE", alias="helgdagar_land", pattern="^[A-Z]{2}$")
    is_demo: bool = Field(False, alias="pahittade_uppgifter")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.zone_name)


class Area(Strict):
    """Districts, reference files and the coordinate system that distances are measured in."""

    rest_name: str = Field(alias="restens_namn")
    bounds: tuple[float, float, float, float] | None = Field(None, alias="granser")
    metric_crs: CrsName = Field("EPSG:3006", alias="plant_koordinatsystem")
    districts_file: str = Field("referens/stadsdelar.geojson", alias="stadsdelar")
    district_id_key: str = Field("id", alias="stadsdelens_id")
    district_name_key: str = Field("namn", alias="stadsdelens_namn")
    places_file: str = Field("referens/platser.csv", alias="platser")
    place_similarity: int = Field(88, alias="platslikhet", ge=70, le=100)
    basemap_file: str = Field("referens/baskarta.geojson", alias="baskarta")
    categories_file: str = Field("referens/kategorier.toml", alias="kategorier")
    calendar_file: str = Field("referens/kalender.csv", alias="kalender")
    departments_file: str = Field("referens/forvaltningar.toml", alias="forvaltningar")


class AgendaMinutes(Strict):
    """How many minutes each part of the meeting may take."""

    since_last: int = Field(3, alias="sedan_forra_motet", ge=0, le=240)
    situation: int = Field(4, alias="laget", ge=0, le=240)
    areas: int = Field(3, alias="stadsdelarna", ge=0, le=240)
    map: int = Field(2, alias="karta", ge=0, le=240)
    spoken: int = Field(3, alias="muntlig_komplettering", ge=0, le=240)
    coming: int = Field(2, alias="fram_till_nasta_mote", ge=0, le=240)
    decisions: int = Field(3, alias="beslut", ge=0, le=240)


class Meeting(Strict):
    """When the group meets and when reports must be in."""

    weekday: Literal[WEEKDAYS] = Field("måndag", alias="dag")  # type: ignore[valid-type]
    deadline: time = Field(time(9, 0), alias="senast")
    note_sources: Names = Field(("est-gruppen",), alias="beslut_fran")
    minutes: AgendaMinutes = Field(AgendaMinutes(), alias="minuter")


class Periods(Strict):
    """Lengths of the periods that the lägesbild speaks of, and bounds of what can be true."""

    history_weeks: int = Field(26, alias="historik_veckor", ge=4, le=260)
    long_interval_days: float = Field(7, alias="langt_intervall_dygn", gt=0)
    earliest_on: date = Field(date(2000, 1, 1), alias="tidigaste_datum")


class Retention(Strict):
    """How long rows and originals live; nothing is weeded without a named decision."""

    report_months: int = Field(alias="rapporter_manader", ge=1)
    archive_months: int = Field(alias="arkiv_manader", ge=1)
    decision: str = Field("", alias="gallringsbeslut")


class InternalEdition(Strict):
    """What stands on every page of the internal week."""

    information_class: Literal["öppen", "intern"] = Field("intern", alias="informationsklass")
    secrecy_mark: str = Field("", alias="sekretessmarkning")


class Protection(Strict):
    """What a page shows coarsely or not at all, so that place and hour point at nobody."""

    dwelling_words: Names = Field((), alias="bostadsord")
    hidden_words: Names = Field((), alias="visas_inte")


class Incidents(Strict):
    """Within which limits two actors' reports are of one incident, and where humans decide."""

    minutes: float = Field(60, alias="hogst_minuter", ge=0, le=1440)
    metres: float = Field(100, alias="hogst_meter", ge=0, le=5000)
    doubt_minutes: float = Field(180, alias="tveksam_minuter", ge=0, le=1440)
    doubt_metres: float = Field(250, alias="tveksam_meter", ge=0, le=5000)
    vague_hours: float = Field(4, alias="vag_tid_timmar", ge=0, lt=24)
    vague_metres: float = Field(300, alias="vag_plats_meter", ge=0)
    text_similarity: float = Field(80, alias="lik_text_procent", ge=50, le=100)
    compatible: tuple[tuple[str, ...], ...] = Field((), alias="forenliga_kategorier")
    decisions_file: str = Field("referens/samma_handelse.csv", alias="beslut")

    @model_validator(mode="after")
    def _doubt_reaches_further(self) -> Incidents:
        if self.doubt_minutes < self.minutes or self.doubt_metres < self.metres:
            raise ValueError(
                "tveksam_minuter och tveksam_meter får inte vara mindre än hogst_minuter och "
                "hogst_meter"
            )
        return self


class Signals(Strict):
    """How a week's counts are judged."""

    false_discovery_rate: float = Field(0.1, alias="falska_larm", gt=0, le=0.5)
    neighbour_metres: float = Field(1000, alias="grannar_meter", ge=0)
    steps_file: str = Field("referens/brytpunkter.csv", alias="brytpunkter")


class WebMap(Strict):
    """Tiles from the web behind the live map: none unless the workspace asks for them."""

    tiles_url: Annotated[str, AfterValidator(_tiles_url)] = Field("", alias="webbkarta")
    tiles_attribution: str = Field("", alias="webbkartans_upphov")

    @model_validator(mode="after")
    def _says_whose(self) -> WebMap:
        if self.tiles_url and not self.tiles_attribution.strip():
            raise ValueError(
                "webbkartans_upphov saknas: skriv vems kartan är, det ska stå på sidan"
            )
        return self


class Settings(Strict):
    """`data/est.toml`."""

    municipality: Municipality = Field(alias="kommun")
    area: Area = Field(alias="omrade")
    meeting: Meeting = Field(Meeting(), alias="mote")
    periods: Periods = Field(Periods(), alias="perioder")
    retention: Retention = Field(alias="gallring")
    internal: InternalEdition = Field(InternalEdition(), alias="intern_utgava")
    protection: Protection = Field(Protection(), alias="skydd")
    incidents: Incidents = Field(Incidents(), alias="handelser")
    signals: Signals = Field(Signals(), alias="bedomning")
    map: WebMap = Field(WebMap(), alias="karta")
    sources: dict[SourceId, str] = Field(alias="kallor")


class Derived(Strict):
    """New columns taken out of one column's text: one per named group of the pattern."""

    column: str = Field(alias="kolumn")
    pattern: Pattern = Field(alias="monster")


class Selection(Strict):
    """Which rows concern us; a row that fails any selection is counted as left out."""

    column: str = Field(alias="kolumn")
    is_one_of: Names = Field((), alias="ar")
    ends_with: Names = Field((), alias="slutar_med")
    pattern: Pattern | None = Field(None, alias="monster")

    @model_validator(mode="after")
    def _exactly_one_test(self) -> Selection:
        if sum(map(bool, (self.is_one_of, self.ends_with, self.pattern))) != 1:
            raise ValueError("ett urval har en av nycklarna ar, slutar_med och monster")
        return self


class Codes(Strict):
    """The source's own words -> ours; `*` at the end of a word stands for any ending."""

    category: dict[str, str] = Field(default_factory=dict, alias="kategori")
    report_type: dict[str, str] = Field(default_factory=dict, alias="rapporttyp")
    kind: dict[str, KindWord] = Field(default_factory=dict, alias="slag")


class Times(Strict):
    """How the source writes times."""

    formats: Names = Field((), alias="format")
    zone_name: ZoneName | None = Field(None, alias="tidszon")
    year_from_reported: bool = Field(False, alias="ar_fran_inrapporterad")
    start_clock: str = Field("", alias="start_klockslag")
    end_clock: str = Field("", alias="slut_klockslag")
    words: dict[str, ClockSpan] = Field(default_factory=dict, alias="ord")


class Source(Strict):
    """`data/kallor/<id>.toml`: who reports, how often, in which shape, and what becomes of it.

    A source without a file of its own reports on EST-mallen.
    """

    name: str = Field(alias="namn")
    short_name: str = Field("", alias="kortnamn")
    department: str = Field("", alias="forvaltning")
    rhythm: Rhythm = Field(Rhythm.WEEKLY, alias="rytm")
    kind: KindWord = Field(Kind.INCIDENT, alias="slag")
    free_text: FreeText = Field(FreeText.DROP, alias="fritext")
    position_error_m: float = Field(25, alias="positionsfel_m", ge=0)
    file_format: Literal["csv", "json"] = Field("csv", alias="filformat")
    crs: CrsName | None = Field(None, alias="koordinatsystem")
    missing_coordinates: tuple[tuple[float, float], ...] = Field(
        ((0.0, 0.0),), alias="saknade_koordinater"
    )
    place_text: Names = Field(("fritext",), alias="platstext")
    newest_row_dates_file: bool = Field(False, alias="nyaste_raden_daterar_filen")
    unstable_columns: Names = Field((), alias="flyktiga_kolumner")
    id_digits: int = Field(0, alias="id_siffror", ge=0, le=30)
    columns: dict[str, Names] = Field(default_factory=dict, alias="kolumner")
    derived: tuple[Derived, ...] = Field((), alias="harled")
    selections: tuple[Selection, ...] = Field((), alias="urval")
    codes: Codes = Field(Codes(), alias="koder")
    times: Times = Field(Times(), alias="tid")

    @model_validator(mode="after")
    def _known_columns(self) -> Source:
        for key in (*self.columns, *self.place_text):
            if key not in COLUMN_KEYS:
                near = difflib.get_close_matches(key, COLUMN_KEYS, n=1)
                meant = f"; menade du {near[0]}?" if near else ""
                raise ValueError(
                    f"kolumnen {key!r} finns inte i EST-mallen{meant} "
                    f"Tillåtna: {', '.join(COLUMN_KEYS)}"
                )
        return self


class SubcategoryEntry(Strict):
    """An underkategori of `kategorier.toml`."""

    code: str = Field(alias="kod", pattern="^[a-z0-9_]+$")
    name: str = Field(alias="namn")
    synonyms: Names = Field((), alias="synonymer")
    is_coarse: bool = Field(False, alias="visas_grovt")


class CategoryEntry(Strict):
    """A `[[kategori]]` of `kategorier.toml`."""

    code: str = Field(alias="kod", pattern="^[a-z0-9_]+$")
    name: str = Field(alias="namn")
    kind: KindWord = Field(Kind.INCIDENT, alias="slag")
    synonyms: Names = Field((), alias="synonymer")
    subcategories: tuple[SubcategoryEntry, ...] = Field((), alias="underkategorier")
    is_coarse: bool = Field(False, alias="visas_grovt")
    is_summary: bool = Field(False, alias="sammanfattar")


class CategoryFile(Strict):
    """`referens/kategorier.toml`."""

    categories: tuple[CategoryEntry, ...] = Field(alias="kategori")


class DepartmentEntry(Strict):
    """A `[[forvaltning]]` of `forvaltningar.toml`."""

    id: str
    name: str = Field(alias="namn")
    short_name: str = Field(alias="kortnamn")
    function: str = Field(alias="funktion")
    is_external: bool = Field(False, alias="extern")


class DepartmentFile(Strict):
    """`referens/forvaltningar.toml`."""

    departments: tuple[DepartmentEntry, ...] = Field((), alias="forvaltning")
