"""Plans and their outcome in Swedish, for an operator."""

from __future__ import annotations

from est_pipeline.domain.text import counted
from est_pipeline.errors import StorageError
from est_pipeline.retention.deletion import PurgeDone
from est_pipeline.retention.old_files import OldFile, Room
from est_pipeline.retention.plan import PurgePlan


def describe_plan(plan: PurgePlan, *, command: str) -> str:
    """Give the plan as lines for an operator.

    Args:
        plan: the plan.
        command: what the operator types to carry it out, without the plan's code.
    """
    if plan.is_empty:
        return "\n".join(
            [
                f"Inget att gallra per {plan.as_of_on}: inga rapporter före vecka "
                f"{plan.boundaries.first_kept_week}, inga original från före "
                f"{plan.boundaries.originals_from}.",
                *(f"Obs: {note}" for note in plan.notes),
            ]
        )
    lines = [
        f"Gallringsplan {plan.code} per {plan.as_of_on}, enligt {plan.decision}",
        "",
        f"Rapporter före vecka {plan.boundaries.first_kept_week}: "
        f"{counted(plan.report_count, 'rapport', 'rapporter')}, "
        f"{counted(plan.row_count, 'rad', 'rader')} i databasen",
    ]
    for source_id, months in plan.reports.groupby("source_id"):
        each = (f"{m.month}: {m.report_count}" for m in months.itertuples())
        lines.append(f"  {source_id:<16}{', '.join(each)}")
    for room, title, kept_from in (
        (Room.ARCHIVE, "Original i arkivet", plan.boundaries.originals_from),
        (Room.RECEIPTS, "Kvitton", plan.boundaries.answers_from),
        (Room.QUARANTINE, "Filer med rader att rätta", plan.boundaries.answers_from),
    ):
        files = [file for file in plan.files if file.room is room]
        lines.append(f"{title} från före {kept_from}: {_amount(files)}")
        for source_id in sorted({file.source_id for file in files}):
            own = [file for file in files if file.source_id == source_id]
            lines.append(f"  {source_id:<16}{_amount(own)}")
        strays = sum(not file.is_known for file in files)
        if strays:
            lines.append(f"  {strays} av dem hör inte till någon fil i databasen")
    if plan.unnamed:
        lines.append(
            "Filnamn i databasen som ersätts med källa och dag: "
            f"{len(plan.unnamed)} (antalen och kontrollsumman står kvar)"
        )
    if plan.is_unfinished:
        lines.append("En tidigare gallring avbröts: databasen och tabellerna skrivs om.")
    lines += [f"Obs: {note}" for note in plan.notes]
    lines += [
        "",
        "Utgivna sidor i reports ligger kvar, och veckornas antal per stadsdel och kategori "
        "sparas som siffror.",
        "Inget är gallrat än. Det som gallras går inte att få tillbaka. Gallra det som står här:",
        f"  {command} --execute {plan.code}",
    ]
    return "\n".join(lines)


def describe_done(done: PurgeDone) -> str:
    """Give what a purge did as lines for an operator."""
    plan = done.plan
    if plan.is_empty:
        return f"Inget att gallra per {plan.as_of_on}."
    gone = [file for file in plan.files if file not in done.left]
    by_room = {room: sum(file.room is room for file in gone) for room in Room}
    return (
        f"Gallrat enligt {plan.decision}: {counted(plan.report_count, 'rapport', 'rapporter')}, "
        f"{counted(by_room[Room.ARCHIVE], 'original', 'original')}, "
        f"{counted(by_room[Room.RECEIPTS], 'kvittofil', 'kvittofiler')} och "
        f"{counted(by_room[Room.QUARANTINE], 'karantänfil', 'karantänfiler')}. "
        f"Loggen: {done.log}"
    )


def explain_left(done: PurgeDone) -> StorageError:
    """Give the error that says what a purge had to leave."""
    words = list(done.notices)
    if done.left:
        files = counted(len(done.left), "fil", "filer")
        words.append(f"{files} är öppna i ett annat program eller skrivskyddade och ligger kvar.")
    return StorageError(
        f"Gallringen är inte helt klar. {' '.join(words)}",
        advice="Stäng programmet, kör `est purge` igen och gallra resten.",
    )


def _amount(files: list[OldFile]) -> str:
    if not files:
        return "inga"
    size = sum(file.byte_count for file in files)
    shown = f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
    return f"{counted(len(files), 'fil', 'filer')}, {shown.replace('.', ',')}"
