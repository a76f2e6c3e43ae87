"""Which character encoding a text file has, and its content as UTF-8 in blocks of whole lines.

An encoding is told by its byte-order mark, by being valid UTF-8, or by how well it explains the
bytes as Swedish; where two explain them equally well the file is refused.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from est_pipeline.errors import RefusedFileError

BLOCK_BYTES = 12 * 1024 * 1024
"""How much of a file is held as text at a time; bounds the memory of a large file."""

_LONGEST_LINE = 64 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EIGHT_BIT = ("cp1252", "mac_roman", "cp850")
# what å ä ö Å Ä Ö é become when UTF-8 is read as cp1252 and saved as UTF-8 once more
_TWICE_ENCODED = tuple(sign.encode().decode("cp1252").encode() for sign in "åäöÄÖé")
_TWICE_ENCODED_LEAD = "Ã".encode()
_SWEDISH = tuple(sign.encode() for sign in "åäöÅÄÖé")


def detect_encoding(file: Path) -> str:
    """Tell a file's encoding by its byte-order mark, by being valid UTF-8, or by its å ä ö.

    Raises:
        RefusedFileError: the bytes fit several encodings or none, are no text, or have been
            encoded twice.
    """
    with file.open("rb") as stream:
        head = stream.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if (unmarked := _unmarked_utf16(head)) is not None:
        return unmarked
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    twice, once = 0, 0
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            if b"\0" in block:
                raise RefusedFileError(
                    "binar_fil",
                    "Filen innehåller tecken som inte finns i en textfil.",
                    advice="Spara uttaget som CSV eller Excel (.xlsx) och lägg den filen i "
                    "inkorgen.",
                )
            if is_utf8 and not block.isascii():
                if _TWICE_ENCODED_LEAD in block:
                    twice += sum(block.count(sign) for sign in _TWICE_ENCODED)
                    once += sum(block.count(sign) for sign in _SWEDISH)
                is_utf8 = _decodes(decoder, block)
        is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    if not is_utf8:
        return _eight_bit_encoding(_byte_counts(file))
    if twice > once:
        raise RefusedFileError(
            "dubbelkodad",
            "Å, ä och ö är förstörda i filen: texten har sparats som UTF-8 två gånger.",
            advice="Gör om uttaget och spara det en gång, som »CSV UTF-8«.",
        )
    return "utf-8"


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _unmarked_utf16(head: bytes) -> str | None:
    """Tell UTF-16 without a mark: nearly every second byte of Western text is zero."""
    if len(head) < 8 or len(head) % 2:
        head = head[: len(head) // 2 * 2]
    signs = np.frombuffer(head, dtype=np.uint8)
    if not len(signs):
        return None
    even, odd = (signs[0::2] == 0).mean(), (signs[1::2] == 0).mean()
    if odd > 0.7 and even < 0.05:
        return "utf-16-le"
    if even > 0.7 and odd < 0.05:
        return "utf-16-be"
    return None


def _byte_counts(file: Path) -> np.ndarray:
    counts = np.zeros(256, dtype=np.int64)
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            counts += np.bincount(np.frombuffer(block, dtype=np.uint8), minlength=256)
    return counts


def _eight_bit_encoding(counts: np.ndarray) -> str:
    """Tell cp1252, mac roman and DOS (cp850) apart by how well each explains the high bytes."""
    high = {n: int(counts[n]) for n in range(128, 256) if counts[n]}
    total = sum(high.values())
    explained = {}
    for name in _EIGHT_BIT:
        letters = set("åäöÅÄÖéÉ".encode(name))
        marks = set("–—’‘”“…§°½´·æøÆØüÜèáàêçñ".encode(name, errors="ignore"))
        swedish = sum(n for byte, n in high.items() if byte in letters)
        fitting = swedish + sum(n for byte, n in high.items() if byte in marks - letters)
        explained[name] = (swedish, fitting)
    ranked = sorted(explained, key=lambda name: explained[name], reverse=True)
    best, second = ranked[0], ranked[1]
    swedish, fitting = explained[best]
    if swedish == 0 or fitting < 0.9 * total or swedish == explained[second][0]:
        raise RefusedFileError(
            "oklar_kodning",
            "Det går inte att avgöra vilken teckenkodning filen har; å, ä och ö skulle bli fel.",
            advice="Spara om filen som »CSV UTF-8« i Excel och lägg den i inkorgen igen.",
        )
    return best


def ends_with_a_line(file: Path) -> bool:
    """Tell whether the last line of a text file is ended, so that it cannot have been cut off."""
    with file.open("rb") as stream:
        stream.seek(-min(2, file.stat().st_size), 2)
        # in UTF-16 the sign stands beside a zero
        return stream.read().strip(b"\0")[-1:] in (b"\n", b"\r")


def utf8_blocks(file: Path, encoding: str) -> Iterator[bytes]:
    r"""Give the file as UTF-8 in blocks that end where a line ends, every line end `\n`.

    Raises:
        RefusedFileError: a line is longer than any row can be, or the bytes break off.
    """
    rest = b""
    for block in _normalised(_decoded(file, encoding)):
        cut = block.rfind(b"\n") + 1
        if cut == 0:
            rest += block
            if len(rest) > _LONGEST_LINE:
                raise RefusedFileError(
                    "for_lang_rad",
                    f"En rad i filen är längre än {_LONGEST_LINE // 1024**2} MB.",
                    advice="Kontrollera att uttaget har en rad för varje rapport.",
                )
            continue
        yield rest + block[:cut]
        rest = block[cut:]
    if rest:
        yield rest


def _decoded(file: Path, encoding: str) -> Iterator[bytes]:
    """Give the file's blocks as UTF-8 without a mark."""
    with file.open("rb") as stream:
        if encoding in ("utf-8", "utf-8-sig"):
            if encoding == "utf-8-sig":
                stream.read(len(codecs.BOM_UTF8))
            decoder = codecs.getincrementaldecoder("utf-8")()
            is_marked = encoding == "utf-8-sig"
            while block := stream.read(BLOCK_BYTES):
                # what has no mark was found valid when the encoding was told
                if is_marked and not _decodes(decoder, block):
                    raise _broken(encoding)
                yield block
            if is_marked and not _decodes(decoder, b"", final=True):
                raise _broken(encoding)
            return
        other = codecs.getincrementaldecoder(encoding)()
        try:
            while block := stream.read(BLOCK_BYTES):
                text = other.decode(block)
                if "\0" in text:
                    raise _broken(encoding)
                yield text.encode()
            yield other.decode(b"", final=True).encode()
        except UnicodeError:
            raise _broken(encoding) from None


def _broken(encoding: str) -> RefusedFileError:
    return RefusedFileError(
        "trasig_kodning",
        f"Filen säger sig vara {encoding.removesuffix('-sig').upper()} men innehåller tecken "
        "som inte är det.",
        advice="Spara om filen som »CSV UTF-8« i Excel och lägg den i inkorgen igen.",
    )


def _normalised(blocks: Iterator[bytes]) -> Iterator[bytes]:
    r"""Write the line ends of Windows and old Macs as `\n`, also across the edge of a block."""
    held = b""
    for block in blocks:
        whole = held + block
        held = b""
        if b"\r" in whole:
            if whole.endswith(b"\r"):
                whole, held = whole[:-1], b"\r"
            whole = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield whole
    if held:
        yield b"\n"
