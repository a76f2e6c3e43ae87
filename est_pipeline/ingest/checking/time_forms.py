"""Forms of fixed width: cells that follow one to the letter are read by position.

A whole column at a time, byte by byte of its buffer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from est_pipeline.ingest.checking.found_times import Found

DAY_SECONDS = 86_400
_FIRST_YEAR = 1000  # before it a zone's offset has no meaning

_LARGEST_OFFSET_HOURS = 14

# Templates: one entry a byte, either a field of the moment or the byte that must stand there.
_FIELDS = {
    "%Y": "YYYY",
    "%m": "mm",
    "%d": "dd",
    "%H": "HH",
    "%M": "MM",
    "%S": "SS",
    "%y": "yy",
    "%3": "###",
    "%6": "######",
    "%7": "#######",
    "%+": "+zzww",
    "%-": "-zzww",
    "%:": "+zz:ww",
    "%;": "-zz:ww",
}


@dataclass(frozen=True)
class Template:
    """A form of fixed width: for each field its positions, for each other position its byte."""

    width: int
    fields: dict[str, tuple[int, ...]]
    literals: tuple[tuple[int, int], ...]
    sign: int = 0
    is_utc: bool = False


def compile_form(form: str) -> Template | None:
    """Give the template of a strptime format, where all its fields have a fixed width."""
    fields: dict[str, list[int]] = {}
    literals: list[tuple[int, int]] = []
    width, sign, is_utc = 0, 0, False
    for part in re.findall(r"%.|[^%]", form):
        if part in _FIELDS:
            for letter in _FIELDS[part]:
                if letter in "+-:":
                    sign = {"+": 1, "-": -1}.get(letter, sign)
                    literals.append((width, ord(letter)))
                else:
                    fields.setdefault(letter, []).append(width)
                width += 1
            is_utc |= "z" in _FIELDS[part]
        elif part.startswith("%"):
            return None
        else:
            for byte in part.encode():
                literals.append((width, byte))
                width += 1
            is_utc |= part == "Z"
    sizes = {name: len(positions) for name, positions in fields.items() if name != "#"}
    whole = {"m": 2, "d": 2} | ({"y": 2} if "y" in sizes else {"Y": 4})
    allowed = whole | {"H": 2, "M": 2, "S": 2, "z": 2, "w": 2}
    is_whole = all(sizes.get(name) == size for name, size in whole.items()) and all(
        allowed.get(name) == size for name, size in sizes.items()
    )
    if not is_whole or ("M" in sizes) > ("H" in sizes) or ("S" in sizes) > ("M" in sizes):
        return None
    frozen = {name: tuple(positions) for name, positions in fields.items()}
    return Template(width, frozen, tuple(literals), sign, is_utc)


def _common_forms() -> tuple[str, ...]:
    forms = ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y%m%d %H:%M", "%Y%m%d %H%M", "%Y%m%dT%H%M"]
    forms += [
        "%Y%m%dT%H%M%S",
        "%Y%m%dT%H%M%SZ",
        "%Y%m%d%H%M%S",
        "%Y-%m-%d %H.%M",
        "%Y-%m-%d kl. %H.%M",
    ]
    forms += ["%Y-%m-%d kl. %H:%M", "%Y-%m-%d kl %H.%M", "%Y-%m-%d kl %H:%M", "%Y-%m-%d %H.%M.%S"]
    for between in " T":
        minute = f"%Y-%m-%d{between}%H:%M"
        # 21:00-02:00 is what a reporter writes for an interval, not a zone west of Greenwich
        forms += [minute + zone for zone in ("", "Z", "%+", "%:", " %+", " %:")]
        forms += [minute + zone for zone in ("%-", "%;") if between == "T"]
        for fraction in ("", ".%3", ",%3", ".%6", ".%7"):
            zones = ("", "Z", "%+", "%:", "%-", "%;", " %+", " %:", " %-", " %;")
            forms += [f"{minute}:%S{fraction}{zone}" for zone in zones]
    return tuple(forms)


COMMON = tuple(template for form in _common_forms() if (template := compile_form(form)) is not None)
_MONTH_LENGTHS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int32)


def read_by_position(
    array: pa.Array, rows: np.ndarray, templates: Sequence[Template], found: Found
) -> np.ndarray:
    """Read the cells that follow a template to the letter; give the rows that are left."""
    if not len(rows):
        return rows
    offset_buffer, data_buffer = array.buffers()[1:]
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)[
        array.offset : array.offset + len(array) + 1
    ]
    data = np.frombuffer(data_buffer, dtype=np.uint8)
    widths = np.diff(offsets)[rows]
    left = []
    for width in np.unique(widths):
        part = rows[widths == width]
        for template in templates:
            if template.width == width and len(part):
                part = part[~_read_template(data, offsets[part], template, part, found)]
        left.append(part)
    return np.sort(np.concatenate(left))


def _read_template(
    data: np.ndarray, starts: np.ndarray, template: Template, rows: np.ndarray, found: Found
) -> np.ndarray:
    """Read the cells that begin at `starts`; tell which of them follow the template."""
    fits = np.ones(len(starts), dtype=bool)
    for position, byte in template.literals:
        fits &= _bytes_at(data, starts, position, template.width) == byte
        if not fits.any():
            return fits
    begins = starts if fits.all() else starts[fits]
    is_sound = np.ones(len(begins), dtype=bool)
    values: dict[str, np.ndarray] = {}
    for name, positions in template.fields.items():
        value = np.zeros(len(begins), dtype=np.int32)
        for position in positions:
            digit = _bytes_at(data, begins, position, template.width) - np.uint8(48)  # "/" wraps
            is_sound &= digit <= 9
            value = value * 10 + digit if name != "#" else value
        values[name] = value
    none = np.zeros(len(begins), dtype=np.int32)
    short = values.get("y", none)
    year = values.get("Y", np.where(short < 80, 2000, 1900) + short)
    month, day = values["m"], values["d"]
    hour, minute, second = (values.get(name, none) for name in "HMS")
    is_sound &= (year >= _FIRST_YEAR) & (month >= 1) & (month <= 12)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = _MONTH_LENGTHS[np.clip(month, 0, 12)] - ((month == 2) & ~is_leap)
    is_sound &= (day >= 1) & (day <= lengths) & (minute <= 59) & (second <= 59)
    is_midnight = (hour == 24) & (minute == 0) & (second == 0) & (year < 9999)
    is_sound &= (hour <= 23) | is_midnight
    is_sound &= (values.get("z", none) <= _LARGEST_OFFSET_HOURS) & (values.get("w", none) <= 59)
    months = (year.astype(np.int64) - 1970) * 12 + np.clip(month, 1, 12) - 1
    days = months.view("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1
    seconds = days * DAY_SECONDS + hour * 3600 + minute * 60 + second
    if "z" in values:
        seconds = seconds - template.sign * (values["z"] * 3600 + values["w"] * 60)
    hit = np.flatnonzero(fits)[is_sound]
    found.put(
        rows[hit],
        seconds[is_sound],
        has_clock="H" in template.fields,
        is_utc=template.is_utc,
    )
    fits[:] = False
    fits[hit] = True
    return fits


def _bytes_at(data: np.ndarray, starts: np.ndarray, position: int, width: int) -> np.ndarray:
    """Give the byte at a position of each cell; at once where the cells lie side by side."""
    first, last = int(starts[0]), int(starts[-1])
    is_dense = last - first == (len(starts) - 1) * width
    at = slice(first + position, last + position + 1, width) if is_dense else starts + position
    column: np.ndarray = data[at]
    return column
