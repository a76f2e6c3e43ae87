"""What a command says while it works and when it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from est_pipeline.ingest.receipts import Receipt
    from est_pipeline.pipeline import Run


def say(sentences: Iterable[str]) -> None:
    """Say each on a line of its own."""
    for sentence in sentences:
        click.echo(sentence)


def progress(what: str) -> Callable[[int, int], None] | None:
    """Show how far the work has come, where somebody is watching."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        click.echo(f"\r{what}: {done} av {total}", nl=done == total, err=True)

    return show


def say_run(done: Run) -> None:
    """Say what a run took in, and which files want a look."""
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


def say_receipt(receipt: Receipt) -> None:
    """Say the receipt that a file would be given."""
    from est_pipeline.ingest.receipts import explain

    click.echo(f"{receipt.source_name}, {receipt.file_name}: {receipt.verdict}")
    if receipt.refused_because:
        click.echo(receipt.refused_because)
        return
    click.echo(
        f"Lästa {receipt.rows_read}, skulle tas emot {receipt.accepted_count}, "
        f"behöver rättas {receipt.quarantined_count}, redan kända {receipt.known_count}, "
        f"bortvalda (gäller inte oss) {receipt.left_out_count}."
    )
    for fault in explain(receipt.findings).itertuples():
        stood = fault.value if isinstance(fault.value, str) else "(tomt)"
        click.echo(
            f"  rad {fault.line_number}, {fault.column}: {stood}. {fault.wrong} {fault.mend}"
        )
    click.echo("Inget är sparat.")
