"""How a text file is written: its encoding, its delimiter, its header. Told from a sample of its bytes."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ews.extracts.delivered_bytes import is_compressed

_HEAD = 4 * 2**20
_BLOCK = 64 * 2**10
_BLOCKS = 16
_LINES = 200
_DELIMITERS = (",", "\t", ";", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class TextLayout:
    """How a text file is written.

    Attributes
    ----------
    encoding : str
        Its Python name.
    sure : bool
        Whether the bytes show the encoding; otherwise it is a suggestion.
    delimiter : str
        One character.
    lines : tuple of tuple of str
        The cells of the first lines; the caller decides whether the first is a header.
    ends_line : bool
        Whether the last line has an end.
    """

    encoding: str
    sure: bool
    delimiter: str
    lines: tuple[tuple[str, ...], ...]
    ends_line: bool


def text_layout(path: Path) -> TextLayout | None:
    """Return how a text file is written; None where it is not text.

    Looked at are the beginning, and of a large file blocks from all over it.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    head = _head(path)
    encoding, sure = _encoding(path, head)
    if not encoding:
        return None
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head).removeprefix("\ufeff")
    delimiter, lines = _delimiter(text)
    return TextLayout(encoding, sure, delimiter, lines, _ends_line(path, encoding))


def _head(path: Path) -> bytes:
    if is_compressed(path):
        with gzip.open(path, "rb") as packed:
            return packed.read(_HEAD)
    with path.open("rb") as plain:
        return plain.read(_HEAD)


def _encoding(path: Path, head: bytes) -> tuple[str, bool]:
    """Return the encoding and whether the bytes show it; an empty name for what is not text."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, True
    if b"\0" in head:
        guess = _utf16_without_mark(head)
        return guess, False
    if _all_utf8(_blocks(path, head)):
        return "utf-8", True
    return ("cp1252" if _is_cp1252(head) else "latin-1"), False


def _is_cp1252(head: bytes) -> bool:
    try:
        head.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(head: bytes) -> str:
    """Return the UTF-16 whose zero bytes these could be: nearly every second byte of English text."""
    even, odd = head[0:2000:2], head[1:2000:2]
    for zeros, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros.count(0) > len(zeros) / 2 and not others.count(0):
            return name
    return ""


def _blocks(path: Path, head: bytes) -> Iterator[bytes]:
    """Yield the head, and of a large plain file blocks of whole lines from all over it."""
    size = path.stat().st_size
    yield head
    if is_compressed(path) or size <= len(head):
        return
    with path.open("rb") as plain:
        for number in range(_BLOCKS):
            plain.seek(len(head) + number * (size - len(head)) // _BLOCKS)
            plain.readline()
            block = plain.read(_BLOCK)
            yield block


def _all_utf8(blocks: Iterator[bytes]) -> bool:
    """Return whether blocks are UTF-8; each may end inside a character."""
    try:
        for block in blocks:
            codecs.getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _ends_line(path: Path, encoding: str) -> bool:
    last = b""
    if is_compressed(path):
        with gzip.open(path, "rb") as packed:
            for block in iter(lambda: packed.read(2**20), b""):
                last = (last + block)[-2:]
    else:
        with path.open("rb") as plain:
            plain.seek(-min(path.stat().st_size, 2), io.SEEK_END)
            last = plain.read()
    return b"\n" in (last if encoding.startswith("utf-16") else last[-1:])


def _delimiter(text: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """Return the delimiter that cuts the most lines into the same number of cells, and those cells."""
    read = {each: _cells(text, each) for each in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda each: _evenness(read[each]))
    return best, read[best]


def _cells(text: str, delimiter: str) -> tuple[tuple[str, ...], ...]:
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(tuple(cell.strip() for cell in row))
            if len(rows) == _LINES:
                break
    except csv.Error:
        return tuple(rows)
    return tuple(row for row in rows if row)


def _evenness(rows: tuple[tuple[str, ...], ...]) -> tuple[float, int]:
    if not rows or len(rows[0]) < 2:
        return 0.0, 0
    width = len(rows[0])
    return sum(len(row) == width for row in rows) / len(rows), width
