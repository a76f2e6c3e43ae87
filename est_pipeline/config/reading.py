"""Reading a workspace's configuration: files in, one frozen object out, or a clear answer."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from est_pipeline.config.decisions import decision_files, read_decisions
from est_pipeline.config.faults import describe_fault, place_of
from est_pipeline.config.models import CategoryFile, DepartmentFile, Settings, Source
from est_pipeline.domain.categories import Category, CategoryList, Subcategory
from est_pipeline.domain.incidents import Decision
from est_pipeline.domain.kinds import ReportType
from est_pipeline.domain.protection import CoarseRule
from est_pipeline.errors import ConfigError, WorkspaceError

_Model = TypeVar("_Model", bound=BaseModel)


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
    def purge_log(self) -> Path:
        """What was weeded, when and under which decision; without content."""
        return self.data / "gallring" / "gallring.csv"

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
    decisions: tuple[Decision, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return self.settings.municipality.zone

    @property
    def coarse_rule(self) -> CoarseRule:
        """What is placed by its district only, wherever it is shown."""
        return CoarseRule(
            self.categories.coarse_codes, tuple(self.settings.protection.dwelling_words)
        )

    def shown_name(self, source_id: str) -> str:
        """Give a source's short name; its id where the configuration no longer knows it."""
        source = self.sources.get(source_id)
        return (source.short_name or source.name) if source else source_id


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
                f"{place_of(file)}: källans namn får bara ha små bokstäver a-z, siffror, - och _.",
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
        decisions=read_decisions(paths.data / settings.incidents.decisions_file),
    )
    _check_references(configuration)
    return configuration


def _read_toml(file: Path) -> tuple[dict[str, Any], str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"Filen {place_of(file)} saknas.", advice="Återställ den, eller jämför med `est init`."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{place_of(file)} är inte sparad som UTF-8.",
            advice="Spara om den med kodningen UTF-8.",
        ) from None
    except OSError as error:
        raise ConfigError(f"{place_of(file)} går inte att läsa ({error.strerror}).") from None
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f", rad {line[1]}" if line else ", i slutet"
        raise ConfigError(
            f"{place_of(file)}{where}: raden går inte att tolka.",
            advice='Text ska stå inom citattecken och varje rad ha formen nyckel = "värde".',
        ) from None


def _read_model(
    file: Path, model: type[_Model], *, defaults: dict[str, Any] | None = None
) -> _Model:
    content, text = _read_toml(file)
    try:
        return model.model_validate({**(defaults or {}), **content})
    except ValidationError as error:
        faults = [describe_fault(file, text, model, fault) for fault in error.errors()]
        raise ConfigError("\n".join(faults)) from None


def _read_categories(file: Path) -> CategoryList:
    entries = _read_model(file, CategoryFile).categories
    codes = [entry.code for entry in entries]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise ConfigError(f"{place_of(file)}: koden {twice[0]!r} finns två gånger.")
    return CategoryList(
        tuple(
            Category(
                code=entry.code,
                name=entry.name,
                kind=entry.kind,
                synonyms=entry.synonyms,
                subcategories=tuple(
                    Subcategory(sub.code, sub.name, sub.synonyms, sub.is_coarse)
                    for sub in entry.subcategories
                ),
                is_coarse=entry.is_coarse,
                is_summary=entry.is_summary,
            )
            for entry in entries
        )
    )


def _read_departments(file: Path) -> dict[str, Department]:
    if not file.is_file():
        return {}
    entries = _read_model(file, DepartmentFile).departments
    return {
        entry.id: Department(
            entry.id, entry.name, entry.short_name, entry.function, entry.is_external
        )
        for entry in entries
    }


def _check_references(configuration: Configuration) -> None:
    """Refuse words that lead nowhere: sources, categories, form types, departments."""
    subcategories = {
        f"{category.code}/{sub.code}"
        for category in configuration.categories
        for sub in category.subcategories
    }
    codes = configuration.categories.codes
    report_types = tuple(kind.value for kind in ReportType)
    for group in configuration.settings.incidents.compatible:
        for code in group:
            key = "handelser.forenliga_kategorier"
            _require(code, codes, configuration.paths.settings, key, "kategorier.toml")
    meeting = configuration.settings.meeting
    # the default is no word of the workspace's own: an older one need not have that source
    for source_id in meeting.note_sources if "note_sources" in meeting.model_fields_set else ():
        names = tuple(configuration.sources)
        _require(source_id, names, configuration.paths.settings, "mote.beslut_fran", "data/kallor")
    for source_id, source in configuration.sources.items():
        file = configuration.paths.sources / f"{source_id}.toml"
        for word, code in source.codes.category.items():
            known = sorted(subcategories) if "/" in code else codes
            _require(code, known, file, f"koder.kategori.{word}", "kategorier.toml")
        for code in source.codes.kind:
            _require(code, codes, file, f"koder.slag.{code}", "kategorier.toml")
        for word, report_type in source.codes.report_type.items():
            _require(report_type, report_types, file, f"koder.rapporttyp.{word}", "EST-mallen")
        if source.department:
            known = tuple(configuration.departments)
            _require(source.department, known, file, "forvaltning", "forvaltningar.toml")


def _require(word: str, allowed: Sequence[str], file: Path, key: str, listed_in: str) -> None:
    if word in allowed:
        return
    near = difflib.get_close_matches(word, allowed, n=1)
    meant = f" Menade du {near[0]}?" if near else ""
    raise ConfigError(
        f"{place_of(file)}, nyckeln {key}: {word!r} finns inte i {listed_in}.{meant} "
        f"Tillåtna: {', '.join(allowed)}."
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
    files += [paths.data / name for name in (*named, settings.signals.steps_file)]
    files += decision_files(paths.data / settings.incidents.decisions_file)
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.relative_to(paths.data).as_posix().encode())
            # line endings differ between machines without meaning anything
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
