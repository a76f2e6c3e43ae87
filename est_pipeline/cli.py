"""The command line `est`: arguments in, Swedish words and an exit code out; no logic.

This is the only place that reads the clock. Libraries are imported inside the commands, so that
help and mistakes answer at once.
"""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Callable
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
def run(workspace: Path, week: str, as_of: str) -> None:
    """Take in the inbox and build the page."""
    from est_pipeline.pipeline import run_week

    configuration = _configuration(workspace)
    done = run_week(
        configuration,
        as_of=_moment(as_of, configuration),
        week=_week(week),
        on_progress=_progress("Tar in filer"),
    )
    _say_run(done)
    click.echo(f"Lägesbilden för vecka {done.week}: {done.page}")


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
def report(workspace: Path, week: str, as_of: str) -> None:
    """Build the page."""
    from est_pipeline.pipeline import report as build

    configuration = _configuration(workspace)
    page = build(configuration, as_of=_moment(as_of, configuration), week=_week(week))
    click.echo(f"Lägesbilden: {page}")


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
