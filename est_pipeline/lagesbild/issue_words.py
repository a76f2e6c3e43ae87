"""What the head says of an issue, in Swedish: its number, what it replaces, what has changed."""

from __future__ import annotations

from est_pipeline.domain.kinds import Kind
from est_pipeline.lagesbild import verdict_words
from est_pipeline.lagesbild.content import Head
from est_pipeline.lagesbild.issues import ChangedCount, ChangedVerdict, Issue
from est_pipeline.lagesbild.swedish import (
    NBSP,
    Noun,
    capital,
    counted,
    figure,
    inside,
    listed,
    lower_first,
    moment_before,
    number_word,
)
from est_pipeline.lagesbild.wording import KIND_NOUNS

NEW_ROW = Noun("ny rad", "nya rader")
GONE_ROW = Noun("rad är borta", "rader är borta")
FIGURE = Noun("siffra", "siffror")
MOST_CHANGES = 6
"""More changed counts of one kind than this are not written out."""


def number(issue: Issue) -> str:
    """Write the number: `Utgåva 2`."""
    return f"Utgåva{NBSP}{issue.number}"


def replaces(issue: Issue, head: Head) -> str:
    """Write what an issue replaces; nothing for the first."""
    if issue.replaces_number is None:
        return ""
    of = (
        f" från {moment_before(issue.replaced_as_of, head.as_of)}"
        if issue.replaced_as_of is not None
        else ""
    )
    return f"{number(issue)}, ersätter utgåva{NBSP}{issue.replaces_number}{of}."


def changes(issue: Issue) -> tuple[str, ...]:
    """Write what has changed in the figures, a sentence a kind; nothing for the first issue."""
    if issue.replaces_number is None:
        return ()
    if not issue.is_compared:
        return ("Siffrorna i den förra utgåvan går inte att läsa, så inget sägs om skillnaden.",)
    sentences = [
        sentence
        for kind in KIND_NOUNS
        if (sentence := _kind([each for each in issue.counts if each.kind is kind], kind))
    ]
    if not sentences:
        sentences = ["Inga antal har ändrats."]
    for rows, noun in ((issue.new_row_count, NEW_ROW), (issue.gone_row_count, GONE_ROW)):
        if rows:
            sentences.append(f"{capital(counted(rows, noun))}.")
    if issue.verdicts:
        sentences.append(_verdicts(issue.verdicts))
    if issue.has_new_settings:
        sentences.append("Inställningarna har ändrats.")
    if issue.has_new_program:
        sentences.append("Programmet har bytt version.")
    return tuple(sentences)


def _kind(changed: list[ChangedCount], kind: Kind) -> str:
    """Write a kind's changes: `Händelser 14 (förra utgåvan 12): Ryd 5 (4), skadegörelse 6 (4).`."""
    if not changed:
        return ""
    parts = [each for each in changed if each.area_name or each.is_unplaced or each.category_name]
    totals = [each for each in changed if each not in parts]
    lead = capital(KIND_NOUNS[kind].many)
    if totals:
        lead += f" {figure(totals[0].now)} (förra utgåvan {figure(totals[0].before)}):"
    else:
        lead += ": samma antal tillsammans;"
    # what stands in parentheses is said once, by the first of them
    named = [
        f"{_part(each)}{NBSP}{figure(each.now)} "
        f"({'' if totals or place else 'förra utgåvan '}{figure(each.before)})"
        for place, each in enumerate(parts[:MOST_CHANGES])
    ]
    if not named:
        return f"{lead[:-1]}."
    text = ", ".join(named)
    if len(parts) > MOST_CHANGES:
        text += f" och {counted(len(parts) - MOST_CHANGES, FIGURE)} till"
    return f"{lead} {text}."


def _part(changed: ChangedCount) -> str:
    if changed.is_unplaced:
        return "utan känd plats"
    return inside(changed.area_name) if changed.area_name else lower_first(changed.category_name)


def _verdicts(changed: tuple[ChangedVerdict, ...]) -> str:
    named = [
        f"{lower_first(verdict_words.subject(each.comparison))} "
        f"({each.comparison.verdict.value}, förut "
        f"{each.before.value if each.before else 'inte bedömt'})"
        for each in changed[:MOST_CHANGES]
    ]
    if len(changed) > MOST_CHANGES:
        named.append(f"{number_word(len(changed) - MOST_CHANGES)} till")
    lead = "Ny bedömning" if len(changed) == 1 else "Nya bedömningar"
    return f"{lead}: {listed(named)}."
