"""The command line `est`: arguments in, Swedish words and an exit code out; no logic.

This is the only place that reads the clock. Libraries are imported inside the commands, so that
help and mistakes answer at once.
"""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

# click's own messages in Swedish: it asks gettext's default catalogue, which has to be named
# before click is imported for the first time
os.environ["LANGUAGE"] = "sv"
gettext.bindtextdomain("messages", Path(__file__).with_name("locale"))

import click  # noqa: E402 -- see above

if TYPE_CHECKING:
    from est_pipeline.config import Configuration
    from est_pipeline.domain.weeks import IsoWeek
    from est_pipeline.errors import PaperError
    from est_pipeline.ingest.receipts import Receipt
    from est_pipeline.pipeline import Run

_FOLDER = click.Path(path_type=Path)

workspace_option = click.option(
    "--workspace",
    type=_FOLDER,
    default=Path(),
    metavar="MAPP",
    help="Arbetsmappen; annars mappen du står i.",
)
week_option = click.option(
    "--week", default="", metavar="VECKA", help="Vecka, som 2026-W47; annars senaste hela."
)
as_of_option = click.option(
    "--as-of",
    default="",
    metavar="TIDPUNKT",
    help="Uppgifter till och med, som 2026-11-23T09:00; annars nu.",
)

pdf_option = click.option(
    "--pdf",
    "with_pdf",
    is_flag=True,
    help="Skriv också lagesbild.pdf, för papper och e-post (tillägget pdf).",
)


def main() -> None:
    """Run a command; an error that an operator can meet becomes one Swedish sentence."""
    from est_pipeline.errors import EstError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may not be UTF-8
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        est(prog_name="est")
    except EstError as error:
        click.echo(f"Fel: {error}", err=True)
        raise SystemExit(error.exit_code) from None


@click.group(
    help="Veckans lägesbild för EST: från inkorg till en sida.",
    options_metavar="",
    subcommand_metavar="KOMMANDO ...",
)
@click.version_option(package_name="est-pipeline", message="est %(version)s")
def est() -> None:
    """Hold the commands together."""


def _command(help_text: str) -> Callable[[Callable[..., None]], click.Command]:
    return est.command(help=help_text, short_help=help_text, options_metavar="[TILLVAL]")


def _group(name: str, help_text: str) -> click.Group:
    return est.group(
        name,
        help=help_text,
        short_help=help_text,
        options_metavar="",
        subcommand_metavar="KOMMANDO ...",
    )(lambda: None)


@_command("Skapa en arbetsmapp.")
@click.argument("folder", type=_FOLDER, metavar="MAPP")
def init(folder: Path) -> None:
    """Make a workspace."""
    from est_pipeline.workspace import write_workspace

    paths = write_workspace(folder)
    click.echo(f"Arbetsmappen {folder} är klar. Inställningarna står i {paths.settings}.")
    click.echo(f"Lägg filer i {paths.inbox} och kör: est run --workspace {folder}")


@_command("Skapa en övningsmapp med påhittade uppgifter och bygg dess lägesbild.")
@click.argument("folder", type=_FOLDER, metavar="MAPP")
@click.option("--seed", default=2026, metavar="TAL", help="Annat tal ger andra påhittade rader.")
def demo(folder: Path, seed: int) -> None:
    """Make the demo workspace and build its page."""
    from est_pipeline.demo import write_demo

    done = write_demo(folder, seed=seed, on_progress=_progress("Tar in påhittade rapporter"))
    click.echo(f"Demon är klar: {done.rows_read} påhittade rader i {done.file_count} filer.")
    click.echo(f"Facit för det som planterats: {done.truths}")
    click.echo(f"Lägesbilden: {done.page}")


@_command("Ta in allt i inkorgen och bygg lägesbilden. Huvudkommandot.")
@workspace_option
@week_option
@as_of_option
@pdf_option
def run(*, workspace: Path, week: str, as_of: str, with_pdf: bool) -> None:
    """Take in the inbox and build the page."""
    from est_pipeline.pipeline import run_week

    problem = _pdf_problem() if with_pdf else None
    configuration = _configuration(workspace)
    done = run_week(
        configuration,
        as_of=_moment(as_of, configuration),
        week=_week(week),
        with_pdf=with_pdf and problem is None,
        on_progress=_progress("Tar in filer"),
    )
    _say_run(done)
    click.echo(f"Lägesbilden för vecka {done.week}: {done.page}")
    if done.page is not None:
        _say_pdf(done.page, with_pdf=with_pdf, problem=problem)


@_command("Ta in allt i inkorgen utan att bygga lägesbilden.")
@workspace_option
@as_of_option
def ingest(workspace: Path, as_of: str) -> None:
    """Take in the inbox."""
    from est_pipeline.pipeline import ingest as take_in

    configuration = _configuration(workspace)
    moment = _moment(as_of, configuration)
    _say_run(take_in(configuration, as_of=moment, on_progress=_progress("Tar in filer")))


@_command("Bygg lägesbilden av det som redan är intaget.")
@workspace_option
@week_option
@as_of_option
@pdf_option
def report(*, workspace: Path, week: str, as_of: str, with_pdf: bool) -> None:
    """Build the page."""
    from est_pipeline.pipeline import report as build

    problem = _pdf_problem() if with_pdf else None
    configuration = _configuration(workspace)
    page = build(
        configuration,
        as_of=_moment(as_of, configuration),
        week=_week(week),
        with_pdf=with_pdf and problem is None,
    )
    click.echo(f"Lägesbilden: {page}")
    _say_pdf(page, with_pdf=with_pdf, problem=problem)


@_command("Visa vilket kvitto en fil skulle få, utan att spara något.")
@click.argument("file", type=_FOLDER, metavar="FIL")
@click.option(
    "--source",
    default="",
    metavar="KÄLLA",
    help="Vems filen är; annars den källa vars mapp den ligger i.",
)
@workspace_option
@as_of_option
def check(file: Path, source: str, workspace: Path, as_of: str) -> None:
    """Do all but store."""
    from est_pipeline.errors import RefusedFileError
    from est_pipeline.pipeline import check as check_file

    configuration = _configuration(workspace)
    moment = _moment(as_of, configuration)
    receipt = check_file(configuration, file, source_id=source, as_of=moment)
    _say_receipt(receipt)
    if receipt.refused_because:
        raise SystemExit(RefusedFileError.exit_code)


@_command("Ta tillbaka en fil med allt den ändrade.")
@click.argument("file", metavar="FIL|KONTROLLSUMMA")
@workspace_option
@as_of_option
def undo(file: str, workspace: Path, as_of: str) -> None:
    """Take a file back."""
    from est_pipeline.pipeline import undo as take_back

    configuration = _configuration(workspace)
    moment = _moment(as_of, configuration)
    click.echo(take_back(configuration, Path(file).name, as_of=moment).sentence)


@_command("Visa vilka filer som kommit och hur det står till med källorna.")
@click.option("--json", "as_json", is_flag=True, help="Skriv som JSON för andra program.")
@workspace_option
@as_of_option
def status(as_json: bool, workspace: Path, as_of: str) -> None:
    """Show files and sources."""
    import json

    from est_pipeline.status import describe, read_status

    configuration = _configuration(workspace)
    found = read_status(configuration, as_of=_moment(as_of, configuration))
    click.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else describe(found))


@_command("Skriv rapportmallen och instruktionen för rapportörer.")
@click.argument("folder", type=_FOLDER, metavar="MAPP", default=Path("est-mall"))
@click.option("--source", default="", metavar="KÄLLA", help="Källan som ska få dem.")
@workspace_option
def template(folder: Path, source: str, workspace: Path) -> None:
    """Write form and instruction."""
    from est_pipeline.onboarding.form import write_form

    for file in write_form(_configuration(workspace), folder, source_id=source):
        click.echo(f"Skrev {file}")


@_command("Bevaka inkorgen och ta in filer när de kommer. Avsluta med Ctrl+C.")
@click.option(
    "--poll",
    is_flag=True,
    help="Titta efter filer med jämna mellanrum; behövs om inkorgen ligger på en filserver.",
)
@workspace_option
def watch(poll: bool, workspace: Path) -> None:
    """Take files in as they come."""
    from est_pipeline.errors import LockedError
    from est_pipeline.pipeline import ingest as take_in
    from est_pipeline.watching import inbox_changes

    configuration = _configuration(workspace)
    click.echo(f"Bevakar {configuration.paths.inbox}. Avsluta med Ctrl+C.")
    for _ in inbox_changes(configuration.paths, polls=poll):
        try:
            done = take_in(_configuration(workspace), as_of=_now())
        except LockedError as error:  # the files wait for the next turn
            click.echo(f"Obs: {error}")
            continue
        if done.taken_in.receipts or done.taken_in.notes:
            _say_run(done)
    click.echo("Bevakningen är avslutad.")


source = _group("source", "Hjälp med en ny källa.")


@source.command(
    help="Föreslå en källfil för en okänd export, för en människa att göra färdig.",
    short_help="Föreslå en källfil för en okänd export.",
    options_metavar="[TILLVAL]",
)
@click.argument("file", type=_FOLDER, metavar="FIL")
@click.option("--id", "source_id", default="ny-kalla", metavar="KÄLLA", help="Vad den ska heta.")
@workspace_option
def draft(file: Path, source_id: str, workspace: Path) -> None:
    """Propose a source file."""
    from est_pipeline.errors import FileNotTakenError
    from est_pipeline.onboarding.source_draft import draft_source

    if not file.is_file():
        raise FileNotTakenError(f"Filen {file} finns inte.", advice="Kontrollera sökvägen.")
    configuration = _configuration(workspace)
    click.echo(draft_source(file, configuration=configuration, source_id=source_id), nl=False)


@_command("Visa vad som ska gallras; gallra det först när planens kod anges.")
@click.option(
    "--execute",
    "plan_code",
    default="",
    metavar="PLANKOD",
    help="Gallra det som planen med den här koden visade.",
)
@workspace_option
@as_of_option
def purge(plan_code: str, workspace: Path, as_of: str) -> None:
    """Weed what may no longer be kept."""
    from est_pipeline import pipeline
    from est_pipeline.retention.wording import describe_done, describe_plan, explain_left

    configuration = _configuration(workspace)
    now = _now()
    moment = _moment(as_of, configuration) if as_of else now
    if not plan_code:
        plan = pipeline.show_purge(configuration, as_of=moment, now=now)
        where = f' --workspace "{workspace}"' if workspace != Path() else ""
        when = f" --as-of {as_of}" if as_of else ""
        click.echo(describe_plan(plan, command=f"est purge{where}{when}"))
        return
    done = pipeline.purge(configuration, plan_code=plan_code, as_of=moment, now=now)
    click.echo(describe_done(done))
    if not done.is_complete:
        raise explain_left(done)


@est.group(
    help="Visa vilka platser som inte känts igen, och lär in dem.",
    short_help="Visa vilka platser som inte känts igen, och lär in dem.",
    invoke_without_command=True,
    options_metavar="[TILLVAL]",
    subcommand_metavar="[KOMMANDO ...]",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    metavar="ANTAL",
    help="Så många texter visas.",
)
@click.option(
    "--csv",
    "csv_file",
    type=_FOLDER,
    default=None,
    metavar="FIL",
    help="Skriv alla som en CSV-fil att fylla i, för est places correct.",
)
@workspace_option
@click.pass_context
def places(context: click.Context, limit: int, csv_file: Path | None, workspace: Path) -> None:
    """List what could not be placed."""
    from est_pipeline.corrections import describe_unplaced, list_unplaced, write_correction_file

    if context.invoked_subcommand:
        return
    unplaced = list_unplaced(_configuration(workspace))
    click.echo(describe_unplaced(unplaced, limit=limit))
    if csv_file is not None:
        click.echo(f"Att fylla i: {write_correction_file(unplaced, csv_file)}")


@places.command(
    "correct",
    help="Lär in de platser som fyllts i i en CSV-fil från est places --csv.",
    short_help="Lär in de platser som fyllts i i en CSV-fil.",
    options_metavar="[TILLVAL]",
)
@click.argument("file", type=_FOLDER, metavar="FIL")
@workspace_option
def correct(file: Path, workspace: Path) -> None:
    """Take a filled-in correction file."""
    from est_pipeline.corrections import correct_places, read_corrections

    configuration = _configuration(workspace)
    done = correct_places(configuration, read_corrections(file), file_name=file.name)
    click.echo(done.sentence)


@places.command(
    "alias",
    help="Lär in att TEXT är en plats eller stadsdel: dess id eller namn.",
    short_help="Lär in att en text är en viss plats eller stadsdel.",
    options_metavar="[TILLVAL]",
)
@click.argument("text", metavar="TEXT")
@click.argument("target", metavar="PLATS")
@workspace_option
def alias(text: str, target: str, workspace: Path) -> None:
    """Take one correction."""
    from est_pipeline.corrections import Correction, correct_places

    configuration = _configuration(workspace)
    click.echo(correct_places(configuration, [Correction(text, target)]).sentence)


districts = _group("districts", "Stadsdelarna: kommunens egna ytor.")
basemap = _group("basemap", "Baskartan under stadsdelarna.")

layer_option = click.option(
    "--layer", default="", metavar="NAMN", help="Lagret i filen, om den har flera."
)
crs_option = click.option(
    "--crs",
    default="",
    metavar="SYSTEM",
    help="Koordinatsystemet, som EPSG:3006, när filen inte säger det.",
)


@places.command(
    "import",
    help="Läs in platser ur CSV, GTFS (stops.txt eller zip) eller ett kartlager.",
    short_help="Läs in platser ur CSV, GTFS eller ett kartlager.",
    options_metavar="[TILLVAL]",
)
@click.argument("file", type=_FOLDER, metavar="FIL")
@click.option(
    "--typ", "place_type", default="", metavar="ORD", help="Platsernas typ, som hållplats."
)
@click.option("--name-column", default="", metavar="KOLUMN", help="Kolumnen med platsens namn.")
@click.option(
    "--precision",
    type=click.FloatRange(min=1, max=50_000),
    default=25,
    show_default=True,
    metavar="METER",
    help="Hur nära punkten platsen ligger, om filen inte säger det.",
)
@click.option(
    "--replace", is_flag=True, help="Flytta platser som redan finns till filens position."
)
@layer_option
@crs_option
@workspace_option
def places_import(
    *,
    file: Path,
    place_type: str,
    name_column: str,
    precision: float,
    replace: bool,
    layer: str,
    crs: str,
    workspace: Path,
) -> None:
    """Take in places."""
    from est_pipeline.layers.places import import_places

    _say(
        import_places(
            _configuration(workspace),
            file,
            place_type=place_type,
            layer=layer,
            crs=crs,
            name_column=name_column,
            precision_m=precision,
            replace=replace,
        )
    )


@districts.command(
    "import",
    help="Läs in stadsdelarna ur GeoPackage, GeoJSON eller Shapefile och pröva dem.",
    short_help="Läs in stadsdelarna ur ett kartlager och pröva dem.",
    options_metavar="[TILLVAL]",
)
@click.argument("file", type=_FOLDER, metavar="FIL")
@click.option(
    "--id", "id_column", default="", metavar="KOLUMN", help="Kolumnen med stadsdelens id."
)
@click.option("--name", "name_column", default="", metavar="KOLUMN", help="Kolumnen med dess namn.")
@click.option(
    "--allow-overlaps",
    is_flag=True,
    help="Godta överlappningar: den stadsdel som står först i filen gäller.",
)
@layer_option
@crs_option
@workspace_option
def districts_import(
    *,
    file: Path,
    id_column: str,
    name_column: str,
    allow_overlaps: bool,
    layer: str,
    crs: str,
    workspace: Path,
) -> None:
    """Take in districts."""
    from est_pipeline.layers.districts import import_districts

    _say(
        import_districts(
            _configuration(workspace),
            file,
            layer=layer,
            crs=crs,
            id_column=id_column,
            name_column=name_column,
            allow_overlaps=allow_overlaps,
        )
    )


@basemap.command(
    "import",
    help="Läs in gator, vatten, järnväg och grönt, klipp och förenkla dem till en baskarta.",
    short_help="Läs in, klipp och förenkla gator, vatten, järnväg och grönt.",
    options_metavar="[TILLVAL]",
)
@click.argument("files", type=_FOLDER, nargs=-1, required=True, metavar="FIL...")
@click.option(
    "--class",
    "family",
    type=click.Choice(["gata", "vatten", "järnväg", "grönt"]),
    default=None,
    metavar="KLASS",
    help="Vad filerna innehåller (gata, vatten, järnväg eller grönt), om de inte säger det.",
)
@click.option(
    "--attribution",
    default="",
    metavar="TEXT",
    help="Upphov som ska stå på kartan, om filen saknar.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, max=500),
    default=8,
    show_default=True,
    metavar="METER",
    help="Hur mycket linjerna får förenklas.",
)
@click.option(
    "--replace", is_flag=True, help="Ta bort det i den förra kartan som filerna inte ersätter."
)
@layer_option
@crs_option
@workspace_option
def basemap_import(
    *,
    files: tuple[Path, ...],
    family: str | None,
    attribution: str,
    tolerance: float,
    replace: bool,
    layer: str,
    crs: str,
    workspace: Path,
) -> None:
    """Take in a base map."""
    from est_pipeline.layers.basemap import import_basemap

    _say(
        import_basemap(
            _configuration(workspace),
            files,
            family=family or "",
            attribution=attribution,
            tolerance_m=tolerance,
            replace=replace,
            layer=layer,
            crs=crs,
        )
    )


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        click.echo(sentence)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _configuration(workspace: Path) -> Configuration:
    from est_pipeline.config import read_configuration

    return read_configuration(workspace)


def _week(text: str) -> IsoWeek | None:
    from est_pipeline.domain.weeks import IsoWeek
    from est_pipeline.errors import WeekError

    if not text:
        return None
    try:
        return IsoWeek.parse(text)
    except ValueError:
        raise WeekError(
            f"Veckan {text!r} finns inte.", advice="Skriv år och vecka så här: 2026-W47."
        ) from None


def _moment(text: str, configuration: Configuration) -> datetime:
    from est_pipeline.errors import WeekError

    if not text:
        return _now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WeekError(
            f"Tidpunkten {text!r} går inte att läsa.", advice="Skriv så här: 2026-11-23T09:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=configuration.zone)


def _progress(what: str) -> Callable[[int, int], None] | None:
    """Show how far the work has come, where somebody is watching."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        click.echo(f"\r{what}: {done} av {total}", nl=done == total, err=True)

    return show


def _pdf_problem() -> PaperError | None:
    """Tell beforehand whether the PDF can be made: the page must come also where it cannot."""
    from est_pipeline.lagesbild.paper import find_problem

    return find_problem()


def _say_pdf(page: Path, *, with_pdf: bool, problem: PaperError | None) -> None:
    if problem is not None:
        raise problem
    if with_pdf:
        click.echo(f"PDF: {page.with_suffix('.pdf')}")


def _say_run(done: Run) -> None:
    from est_pipeline.domain.text import counted

    receipts = [receipt for receipt, _ in done.taken_in.receipts]
    for note in (*done.taken_in.notes, *done.notices):
        click.echo(f"Obs: {note}")
    for sentence in done.placed_anew.sentences:
        click.echo(sentence)
    if not receipts:
        click.echo("Inkorgen är tom.")
        return
    accepted = sum(receipt.accepted_count for receipt in receipts)
    click.echo(
        f"{counted(len(receipts), 'fil läst', 'filer lästa')}, "
        f"{counted(accepted, 'ny rapport', 'nya rapporter')}."
    )
    for receipt, path in done.taken_in.receipts:
        if receipt.refused_because or receipt.quarantined_count:
            click.echo(
                f"  {receipt.source_name}, {receipt.file_name}: {receipt.verdict} Kvitto: {path}"
            )


def _say_receipt(receipt: Receipt) -> None:
    from est_pipeline.ingest.receipts import explain

    click.echo(f"{receipt.source_name}, {receipt.file_name}: {receipt.verdict}")
    if receipt.refused_because:
        click.echo(receipt.refused_because)
        return
    click.echo(
        f"Lästa {receipt.rows_read}, skulle tas emot {receipt.accepted_count}, "
        f"behöver rättas {receipt.quarantined_count}, redan kända {receipt.known_count}, "
        f"gäller inte oss {receipt.left_out_count}."
    )
    for fault in explain(receipt.findings).itertuples():
        stood = fault.value if isinstance(fault.value, str) else "(tomt)"
        click.echo(
            f"  rad {fault.line_number}, {fault.column}: {stood}. {fault.wrong} {fault.mend}"
        )
    click.echo("Inget är sparat.")
