"""A fault in a configuration file, in Swedish: file, line, key, what is allowed, what is meant."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

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


def describe_fault(file: Path, text: str, model: type[BaseModel], fault: Any) -> str:
    """Say one fault: file, line, key, what is allowed and what was probably meant."""
    path = tuple(part for part in fault["loc"] if part != "[key]")
    key = ".".join(str(part) for part in path)
    line = _line_of(text, path)
    where = f"{place_of(file)}, rad {line}" if line else place_of(file)
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


def place_of(file: Path) -> str:
    """Name a file the way an operator knows it: from the workspace's data folder on."""
    parts = file.parts
    if "data" in parts:
        start = len(parts) - 1 - parts[::-1].index("data")
        return "/".join(parts[start:])
    return file.name
