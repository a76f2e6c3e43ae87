"""Configuration: `data/est.toml` and `data/kallor/*.toml` become frozen objects.

Keys and values are Swedish, since a municipality edits them; attributes are English. A wrong
file fails here, with file, line, key, what is allowed and what was probably meant.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from est_pipeline.domain.categories import Category, CategoryList, Subcategory
from est_pipeline.domain.kinds import KIND_WORDS, FreeText, Kind, Rhythm
from est_pipeline.errors import ConfigError, WorkspaceError

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

_Model = TypeVar("_Model", bound=BaseModel)

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


def _kind(word: object) -> object:
    if isinstance(word, str) and not isinstance(word, Kind):
        if word not in KIND_WORDS:
            raise ValueError(f"tillåtet är {', '.join(KIND_WORDS)}; där stod {word!r}")
        return KIND_WORDS[word]
    return word


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


ZoneName = Annotated[str, AfterValidator(_known_zone)]
CrsName = Annotated[str, AfterValidator(_known_crs)]
Pattern = Annotated[str, AfterValidator(_pattern)]
KindWord = Annotated[Kind, BeforeValidator(_kind)]
Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class _Strict(BaseModel):
    """Frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Municipality(_Strict):
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


class Area(_Strict):
    """Districts, reference files and the coordinate system that distances are measured in."""

    rest_name: str = Field(alias="restens_namn")
    bounds: tuple[float, float, float, float] | None = Field(None, alias="granser")
    metric_crs: CrsName = Field("EPSG:3006", alias="plant_koordinatsystem")
    districts_file: str = Field("referens/stadsdelar.geojson", alias="stadsdelar")
    district_id_key: str = Field("id", alias="stadsdelens_id")
    district_name_key: str = Field("namn", alias="stadsdelens_namn")
    places_file: str = Field("referens/platser.csv", alias="platser")
    basemap_file: str = Field("referens/baskarta.geojson", alias="baskarta")
    categories_file: str = Field("referens/kategorier.toml", alias="kategorier")
    calendar_file: str = Field("referens/kalender.csv", alias="kalender")
    departments_file: str = Field("referens/forvaltningar.toml", alias="forvaltningar")


class Meeting(_Strict):
    """When the group meets and when reports must be in."""

    weekday: Literal[WEEKDAYS] = Field("måndag", alias="dag")  # type: ignore[valid-type]
    deadline: time = Field(time(9, 0), alias="senast")


class Periods(_Strict):
    """Lengths of the periods that the lägesbild speaks of, and bounds of what can be true."""

    history_weeks: int = Field(26, alias="historik_veckor", ge=4, le=260)
    long_interval_days: float = Field(7, alias="langt_intervall_dygn", gt=0)
    earliest_on: date = Field(date(2000, 1, 1), alias="tidigaste_datum")


class Retention(_Strict):
    """How long rows and originals live; nothing is weeded without a named decision."""

    report_months: int = Field(alias="rapporter_manader", ge=1)
    archive_months: int = Field(alias="arkiv_manader", ge=1)
    decision: str = Field("", alias="gallringsbeslut")


class InternalEdition(_Strict):
    """What stands on every page of the internal week."""

    information_class: Literal["öppen", "intern"] = Field("intern", alias="informationsklass")
    secrecy_mark: str = Field("", alias="sekretessmarkning")


class Settings(_Strict):
    """`data/est.toml`."""

    municipality: Municipality = Field(alias="kommun")
    area: Area = Field(alias="omrade")
    meeting: Meeting = Field(Meeting(), alias="mote")
    periods: Periods = Field(Periods(), alias="perioder")
    retention: Retention = Field(alias="gallring")
    internal: InternalEdition = Field(InternalEdition(), alias="intern_utgava")
    sources: dict[SourceId, str] = Field(alias="kallor")


class Derived(_Strict):
    """New columns taken out of one column's text: one per named group of the pattern."""

    column: str = Field(alias="kolumn")
    pattern: Pattern = Field(alias="monster")


class Selection(_Strict):
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


class Codes(_Strict):
    """The source's own words -> ours; `*` at the end of a word stands for any ending."""

    category: dict[str, str] = Field(default_factory=dict, alias="kategori")
    report_type: dict[str, str] = Field(default_factory=dict, alias="rapporttyp")
    kind: dict[str, KindWord] = Field(default_factory=dict, alias="slag")


class Times(_Strict):
    """How the source writes times."""

    formats: Names = Field((), alias="format")
    zone_name: ZoneName | None = Field(None, alias="tidszon")
    year_from_reported: bool = Field(False, alias="ar_fran_inrapporterad")


class Source(_Strict):
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


@dataclass(frozen=True)
class Paths:
    """The folders of a workspace, relative to its root."""

    root: Path

    @property
    def data(self) -> Path:
        """Everything the workspace keeps."""
        return self.root / "data"

    @property
    def settings(self) -> Path:
        """The configuration."""
        return self.data / "est.toml"

    @property
    def sources(self) -> Path:
        """One file a source."""
        return self.data / "kallor"

    @property
    def inbox(self) -> Path:
        """Where reporters drop their files, one folder a source."""
        return self.data / "inkorg"

    @property
    def receipts(self) -> Path:
        """Receipts back to the reporters, one folder a source."""
        return self.data / "kvitton"

    @property
    def quarantine(self) -> Path:
        """Rows not accepted, one folder a source."""
        return self.data / "karantan"

    @property
    def archive(self) -> Path:
        """Untouched originals, by source and year."""
        return self.data / "arkiv"

    @property
    def store(self) -> Path:
        """The database and the published tables."""
        return self.data / "lager"

    @property
    def reports(self) -> Path:
        """The finished pages, by edition and period."""
        return self.root / "reports"


@dataclass(frozen=True)
class Department:
    """A department or outside organisation and the function that its receipts go to."""

    id: str
    name: str
    short_name: str
    function: str
    is_external: bool = False


@dataclass(frozen=True)
class Configuration:
    """All that a workspace's files say, read once and checked."""

    paths: Paths
    settings: Settings
    sources: dict[str, Source]
    categories: CategoryList
    departments: dict[str, Department]
    checksum: str = field(repr=False)

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return self.settings.municipality.zone


def read_configuration(root: Path) -> Configuration:
    """Read and check everything under `data/` that a municipality edits.

    Raises:
        WorkspaceError: the folder is no workspace.
        ConfigError: a file is missing or wrong; the message names file, line and key.
    """
    paths = Paths(root.resolve())
    if not paths.settings.is_file():
        raise WorkspaceError(
            f"Mappen {root} är ingen arbetsmapp: filen data/est.toml saknas.",
            advice="Skapa en med `est init MAPP`, eller peka ut rätt mapp med --workspace.",
        )
    settings = _read_model(paths.settings, Settings)
    sources = {
        source_id: Source(namn=name)  # type: ignore[call-arg]
        for source_id, name in settings.sources.items()
    }
    for file in sorted(paths.sources.glob("*.toml")):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", file.stem):
            raise ConfigError(
                f"{_where(file)}: källans namn får bara ha små bokstäver a-z, siffror, - och _.",
                advice="Byt namn på filen.",
            )
        listed = {"namn": settings.sources[file.stem]} if file.stem in settings.sources else {}
        sources[file.stem] = _read_model(file, Source, defaults=listed)
    configuration = Configuration(
        paths=paths,
        settings=settings,
        sources=sources,
        categories=_read_categories(paths.data / settings.area.categories_file),
        departments=_read_departments(paths.data / settings.area.departments_file),
        checksum=_checksum(paths, settings),
    )
    _check_references(configuration)
    return configuration


def _read_toml(file: Path) -> tuple[dict[str, Any], str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"Filen {_where(file)} saknas.", advice="Återställ den, eller jämför med `est init`."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{_where(file)} är inte sparad som UTF-8.", advice="Spara om den med kodningen UTF-8."
        ) from None
    except OSError as error:
        raise ConfigError(f"{_where(file)} går inte att läsa ({error.strerror}).") from None
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f", rad {line[1]}" if line else ", i slutet"
        raise ConfigError(
            f"{_where(file)}{where}: raden går inte att tolka.",
            advice='Text ska stå inom citattecken och varje rad ha formen nyckel = "värde".',
        ) from None


def _read_model(
    file: Path, model: type[_Model], *, defaults: dict[str, Any] | None = None
) -> _Model:
    content, text = _read_toml(file)
    try:
        return model.model_validate({**(defaults or {}), **content})
    except ValidationError as error:
        faults = [_fault(file, text, model, fault) for fault in error.errors()]
        raise ConfigError("\n".join(faults)) from None


_RULES = {
    "missing": "nyckeln saknas och måste finnas",
    "string_type": "värdet ska vara text inom citattecken",
    "int_type": "värdet ska vara ett heltal",
    "int_parsing": "värdet ska vara ett heltal",
    "int_from_float": "värdet ska vara ett heltal",
    "float_type": "värdet ska vara ett tal",
    "float_parsing": "värdet ska vara ett tal",
    "bool_type": "värdet ska vara true eller false",
    "bool_parsing": "värdet ska vara true eller false",
    "dict_type": "här ska stå en tabell, [namn]",
    "model_type": "här ska stå en tabell, [namn]",
    "tuple_type": "värdet ska vara en lista, [ ... ]",
    "time_parsing": 'klockslaget skrivs "09:00"',
    "time_type": 'klockslaget skrivs "09:00"',
    "date_type": "datumet skrivs 2000-01-01",
    "date_from_datetime_parsing": "datumet skrivs 2000-01-01",
}
_BOUNDS = {
    "greater_than": ("större än", "gt"),
    "greater_than_equal": ("minst", "ge"),
    "less_than": ("mindre än", "lt"),
    "less_than_equal": ("högst", "le"),
}


def _fault(file: Path, text: str, model: type[BaseModel], fault: Any) -> str:
    """Say one fault: file, line, key, what is allowed and what was probably meant."""
    path = tuple(part for part in fault["loc"] if part != "[key]")
    key = ".".join(str(part) for part in path)
    line = _line_of(text, path)
    where = f"{_where(file)}, rad {line}" if line else _where(file)
    code, context = fault["type"], fault.get("ctx", {})
    if code == "extra_forbidden":
        allowed = _allowed_keys(model, path[:-1])
        near = difflib.get_close_matches(str(path[-1]), allowed, n=1)
        meant = f" Menade du {near[0]}?" if near else ""
        rule = f"nyckeln är okänd.{meant} Tillåtna: {', '.join(allowed)}"
    elif code in {"literal_error", "enum"}:
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        near = difflib.get_close_matches(str(fault["input"]), allowed, n=1)
        meant = f" Menade du {near[0]}?" if near else ""
        rule = f"{fault['input']!r} är inte tillåtet.{meant} Tillåtna: {', '.join(allowed)}"
    elif code in _BOUNDS:
        words, limit = _BOUNDS[code]
        rule = f"värdet ska vara {words} {context[limit]}; där stod {fault['input']}"
    elif code == "value_error":
        rule = str(context["error"])
    elif code == "string_pattern_mismatch":
        rule = f"{fault['input']!r} har fel form; den ska följa {context['pattern']}"
    elif code in {"too_short", "too_long"}:
        rule = "listan har fel antal värden"
    else:
        rule = _RULES.get(code, "värdet har fel form")
    return f"{where}, nyckeln {key}: {rule}." if key else f"{where}: {rule}."


def _allowed_keys(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """List the keys that may stand where `path` leads in a model."""
    current: Any = model
    for part in path:
        if isinstance(part, int):
            continue
        match = [f for f in current.model_fields.values() if f.alias == part]
        if not match:
            return []
        annotation = match[0].annotation
        arguments = getattr(annotation, "__args__", ())
        current = next(
            (
                a
                for a in (annotation, *arguments)
                if isinstance(a, type) and issubclass(a, BaseModel)
            ),
            None,
        )
        if current is None:
            return []
    return [f.alias or name for name, f in current.model_fields.items()]


def _line_of(text: str, path: tuple[Any, ...]) -> int | None:
    """Find the line on which a key stands (its table's line where the key is missing)."""
    keys = [str(part) for part in path if not isinstance(part, int)]
    index = next((part for part in path if isinstance(part, int)), 0)
    table: list[str] = []
    seen: dict[str, int] = {}
    best: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        header = re.match(r"^\[\[?\s*([^\]]+?)\s*\]\]?", stripped)
        if header:
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            seen[header[1]] = seen.get(header[1], -1) + 1
            right_one = not stripped.startswith("[[") or seen[header[1]] == index
            if table == keys[: len(table)] and right_one:
                best = number
                if table == keys:
                    return number
            continue
        name = re.match(r"""^(?:"([^"]+)"|'([^']+)'|([\w.-]+))\s*=""", stripped)
        if name and (best is not None or not table):
            written = next(part for part in name.groups() if part)
            if [*table, written] == keys[: len(table) + 1]:
                return number
    return best


def _where(file: Path) -> str:
    """Name a file the way an operator knows it: from the workspace's data folder on."""
    parts = file.parts
    if "data" in parts:
        start = len(parts) - 1 - parts[::-1].index("data")
        return "/".join(parts[start:])
    return file.name


class _SubcategoryEntry(_Strict):
    code: str = Field(alias="kod", pattern="^[a-z0-9_]+$")
    name: str = Field(alias="namn")
    synonyms: Names = Field((), alias="synonymer")


class _CategoryEntry(_Strict):
    code: str = Field(alias="kod", pattern="^[a-z0-9_]+$")
    name: str = Field(alias="namn")
    kind: KindWord = Field(Kind.INCIDENT, alias="slag")
    synonyms: Names = Field((), alias="synonymer")
    subcategories: tuple[_SubcategoryEntry, ...] = Field((), alias="underkategorier")


class _CategoryFile(_Strict):
    categories: tuple[_CategoryEntry, ...] = Field(alias="kategori")


class _DepartmentEntry(_Strict):
    id: str
    name: str = Field(alias="namn")
    short_name: str = Field(alias="kortnamn")
    function: str = Field(alias="funktion")
    is_external: bool = Field(False, alias="extern")


class _DepartmentFile(_Strict):
    departments: tuple[_DepartmentEntry, ...] = Field((), alias="forvaltning")


def _read_categories(file: Path) -> CategoryList:
    entries = _read_model(file, _CategoryFile).categories
    codes = [entry.code for entry in entries]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise ConfigError(f"{_where(file)}: koden {twice[0]!r} finns två gånger.")
    return CategoryList(
        tuple(
            Category(
                code=entry.code,
                name=entry.name,
                kind=entry.kind,
                synonyms=entry.synonyms,
                subcategories=tuple(
                    Subcategory(sub.code, sub.name, sub.synonyms) for sub in entry.subcategories
                ),
            )
            for entry in entries
        )
    )


def _read_departments(file: Path) -> dict[str, Department]:
    if not file.is_file():
        return {}
    entries = _read_model(file, _DepartmentFile).departments
    return {
        entry.id: Department(
            entry.id, entry.name, entry.short_name, entry.function, entry.is_external
        )
        for entry in entries
    }


def _check_references(configuration: Configuration) -> None:
    """Refuse a code map that leads to no category, and a source whose department is unknown."""
    codes = configuration.categories.codes
    for source_id, source in configuration.sources.items():
        file = configuration.paths.sources / f"{source_id}.toml"
        for word, code in source.codes.category.items():
            if code.split("/")[0] not in codes:
                near = difflib.get_close_matches(code, codes, n=1)
                meant = f" Menade du {near[0]}?" if near else ""
                raise ConfigError(
                    f"{_where(file)}, nyckeln koder.kategori.{word}: kategorin {code!r} finns inte "
                    f"i kategorier.toml.{meant} Tillåtna: {', '.join(codes)}."
                )
        if source.department and source.department not in configuration.departments:
            raise ConfigError(
                f"{_where(file)}, nyckeln forvaltning: {source.department!r} finns inte i "
                f"forvaltningar.toml. Tillåtna: {', '.join(configuration.departments)}."
            )


def _checksum(paths: Paths, settings: Settings) -> str:
    """Give one checksum over every file that decides what a page says."""
    area = settings.area
    named = (
        area.districts_file,
        area.places_file,
        area.basemap_file,
        area.categories_file,
        area.calendar_file,
        area.departments_file,
    )
    files = [paths.settings, *sorted(paths.sources.glob("*.toml"))]
    files += [paths.data / name for name in named]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.relative_to(paths.data).as_posix().encode())
            # line endings differ between machines without meaning anything
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
