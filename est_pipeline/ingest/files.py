"""Files on disk: digests, safe names, writing that is either whole or not there."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from est_pipeline.errors import StorageError
from est_pipeline.ingest.privacy.masking import mask_word

_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"com{n}" for n in range(10)),
    *(f"lpt{n}" for n in range(10)),
}
_LONGEST_NAME = 80
_BLOCK_BYTES = 4 * 1024 * 1024


def digest_of(file: Path) -> str:
    """Give a file's SHA-256 in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests_of_beginnings(file: Path, sizes: Iterable[int]) -> dict[int, str]:
    """Give the SHA-256 of a file's first bytes, for each of some sizes, in one reading."""
    digest = hashlib.sha256()
    found: dict[int, str] = {}
    with file.open("rb") as stream:
        for size in sorted(set(sizes)):
            while missing := size - stream.tell():
                block = stream.read(min(missing, _BLOCK_BYTES))
                if not block:
                    return found
                digest.update(block)
            found[size] = digest.hexdigest()
    return found


def safe_name(name: str) -> str:
    """Give a file name that is harmless on every system, shows å ä ö, and names no person."""
    composed = unicodedata.normalize("NFC", name)
    plain = re.sub(r"[^\w.\- ]", "_", re.sub(r"[\[\]]", "", mask_word(composed)))
    plain = re.sub(r"\s+", " ", plain).strip(" .") or "fil"
    stem, dot, ending = plain.rpartition(".")
    stem, ending = (stem, dot + ending[:10]) if stem else (plain, "")
    if stem.lower() in _RESERVED:
        stem = f"_{stem}"
    return stem[:_LONGEST_NAME] + ending


def write_atomically(file: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the old or the new one, never half of it.

    Raises:
        StorageError: the folder cannot be written to.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except OSError as error:
        raise StorageError(
            f"Det går inte att skriva {file.name} i mappen {file.parent.name} ({error.strerror}).",
            advice="Kontrollera att mappen finns, att du får skriva i den, att disken inte är full "
            "och att filen inte är öppen i ett annat program.",
        ) from error
    return file


def remove_file(file: Path) -> None:
    """Take a file away, if it is there.

    Raises:
        StorageError: it is open in another program, or the folder cannot be changed.
    """
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"Det går inte att ta bort {file.name} i mappen {file.parent.name} ({error.strerror}).",
            advice="Kontrollera att filen inte är öppen i ett annat program och kör igen.",
        ) from error
