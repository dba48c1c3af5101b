"""The bytes of a delivered text file, looked at once: whole, in its encoding, and made ready as UTF-8.

A file that was cut while it was written or sent must never load as if it were whole, so every byte is
read before DuckDB sees the file; that is done at the speed of memory. What is compressed or not UTF-8
becomes a private UTF-8 copy. Messages name a line, never what stands in it.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

from ews.errors import UsageError

_CHUNK = 2**18
"""Bytes read at once: what fits the processor's cache is decoded five times as fast as what does not."""

_HEAD = 2**20
"""A header longer than this is none."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or name a workbook .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old or protected Excel workbook", "save it as .xlsx, without a password"),
    (b"\x1f\x8b", "compressed with gzip", "let its name end in .gz, or unpack it"),
    (b"PAR1", "Parquet", "let its name end in .parquet"),
    (b"<?xml", "XML", "name the profile that reads it (profile:), or deliver CSV"),
)


class FileFault(Exception):  # noqa: N818 - found in a delivery, not an error of the program
    """What makes a delivered file unusable; it becomes a refused finding that names the file.

    ``check`` is its name in the catalog of checks, whose next step holds unless another is given;
    ``line`` is counted from 1.
    """

    def __init__(
        self,
        check: str,
        sentence: str,
        *,
        expected: str = "",
        next_step: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.check = check
        self.sentence = sentence
        self.expected = expected
        self.next_step = next_step
        self.line = line


@dataclass(frozen=True)
class Inspected:
    """A text file that is whole: what to read, how it begins, and its SHA-256 if it was asked for.

    Attributes
    ----------
    path : Path
        The delivered file, or the private UTF-8 copy of it.
    head : str
        The beginning of its text, without a byte-order mark; the header is in it.
    digest : str
        SHA-256 of the delivered bytes; empty when not asked for.
    """

    path: Path
    head: str
    digest: str


def inspect_text(
    path: Path,
    scratch: Path,
    *,
    encoding: str = "utf-8",
    final_newline: Literal["required", "optional"] = "required",
    digest: bool = False,
) -> Inspected:
    """Read a text file to its end, and copy it as UTF-8 into ``scratch`` where DuckDB needs that.

    Raises
    ------
    FileFault
        If the file is empty, cut short, corrupt, of another kind or not in its encoding.
    UsageError
        If the encoding is unknown.
    """
    codec = codec_of(encoding)
    hashed = hashlib.sha256() if digest else None
    if not path.stat().st_size:
        raise _empty()
    start = next(islice(chunks_of(path), 1), b"")
    exact = _exact_encoding(start, codec, encoding)
    if exact == "utf-8" and not is_compressed(path):
        head = _read_through(path, exact, final_newline, hashed, None)
        copy = path
    else:
        with private_file(scratch, ".csv") as (copy, out):
            head = _read_through(path, exact, final_newline, hashed, out)
    return Inspected(copy, head, hashed.hexdigest() if hashed else "")


def is_compressed(path: Path) -> bool:
    """Return whether a file is compressed, which its name says."""
    return path.name.lower().endswith(".gz")


@contextmanager
def private_file(scratch: Path, suffix: str) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a new file in ``scratch`` that only its owner can read, and its stream; gone after a failure."""
    descriptor, name = tempfile.mkstemp(suffix=suffix, dir=scratch)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield Path(name), out
    except BaseException:
        Path(name).unlink()
        raise


def chunks_of(path: Path, hashed: hashlib._Hash | None = None) -> Iterator[bytes]:
    """Yield the content of a file in pieces, decompressed where it is compressed, to its last byte.

    ``hashed`` is fed with the bytes as they were delivered. A compressed file is verified: its end is
    there, and length and checksum are right.

    Raises
    ------
    FileFault
        If a compressed file is cut or corrupt.
    """
    raw = _raw_chunks(path, hashed)
    return _decompressed(raw) if is_compressed(path) else raw


def _raw_chunks(path: Path, hashed: hashlib._Hash | None) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            if hashed is not None:
                hashed.update(chunk)
            yield chunk


def _decompressed(raw: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=31)
    try:
        for packed in raw:
            rest = packed
            while rest:
                if inflate.eof:  # another member follows, or the zeros that some tools fill up with
                    rest = rest.lstrip(b"\0")
                    inflate = zlib.decompressobj(wbits=31) if rest else inflate
                    continue
                if content := inflate.decompress(rest, _CHUNK):
                    yield content
                rest = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        if content := inflate.flush():
            yield content
    except zlib.error:
        raise FileFault(
            "cut compressed file", "the compressed file is corrupt", expected="gzip whose checksum is right"
        ) from None
    if not inflate.eof:
        raise FileFault(
            "cut compressed file",
            "the compressed file was cut short",
            expected="gzip to its end, with its checksum",
        )


def codec_of(encoding: str, where: str = "encoding") -> str:
    """Return Python's own name of an encoding.

    Raises
    ------
    UsageError
        If it is not one, or not one of text.
    """
    try:
        found = codecs.lookup(encoding)
    except LookupError:
        found = None
    if found is None or not found._is_text_encoding:
        raise UsageError(
            f"'{encoding}' is not an encoding that is known here",
            expected="utf-8, latin-1, cp1252, utf-16 or another of Python's names",
            where=where,
            next_step="mend it in the configuration",
        )
    return "utf-8" if found.name == "utf-8-sig" else found.name


def _exact_encoding(start: bytes, codec: str, declared: str) -> str:
    """Return the encoding with its byte order, as the file's own mark gives it.

    Raises
    ------
    FileFault
        If the file's first bytes say that it is something else than what was declared.
    """
    mark = next((name for bom, name in _MARKS if start.startswith(bom)), "")
    if mark and not mark.startswith(codec):
        theirs = mark[:6]  # without its byte order
        raise FileFault(
            "wrong encoding",
            f"the file begins with the byte-order mark of {theirs.upper()}, and {declared} is expected",
            expected=f"a file in {declared}",
            next_step="leave `encoding` out" if mark == "utf-8" else f"declare encoding: {theirs}",
            line=1,
        )
    kind = next((each for each in _OTHER_KINDS if start.startswith(each[0])), None)
    if kind is not None:
        raise FileFault(
            "unreadable source",
            f"the file is {kind[1]}",
            expected="text, as its name says",
            next_step=kind[2],
        )
    if codec in ("utf-16", "utf-32") and not mark:
        raise FileFault(
            "wrong encoding",
            f"the file has no byte-order mark, so {codec} does not say how to read it",
            expected="a mark at its beginning",
            next_step=f"declare encoding: {codec}-le (Windows) or {codec}-be",
            line=1,
        )
    return mark or codec


def _read_through(
    path: Path,
    encoding: str,
    final_newline: str,
    hashed: hashlib._Hash | None,
    out: BinaryIO | None,
) -> str:
    """Read every byte, write the text on as UTF-8, and return its beginning."""
    decoder = codecs.getincrementaldecoder(encoding)()
    head, last, number = "", "", 0
    for number, chunk in enumerate(chunks_of(path, hashed)):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, errors="replace")
            raise _not_in_encoding(encoding, _line_at(path, encoding, number, good)) from None
        if "\0" in text:
            before = text[: text.index("\0")]
            raise _nul_bytes(_line_at(path, encoding, number, before))
        if not number:
            text = text.removeprefix("\ufeff")
        if len(head) < _HEAD:
            head += text
        last = text[-1:] or last
        if out is not None:
            out.write(text.encode())
    if not head:
        raise _empty()
    cut = _cut_at_end(decoder, last, final_newline)
    if cut:
        raise _cut_short(cut, _line_at(path, encoding, number + 1, ""))
    return head


def _cut_at_end(decoder: codecs.IncrementalDecoder, last: str, final_newline: str) -> str:
    """Return what shows at its end that a text was cut; empty where nothing does."""
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "in the middle of a character"
    if last == "\n" or (final_newline == "optional" and last != "\r"):
        return ""
    return "in the middle of a line's end" if last == "\r" else "without the end of its last line"


def _line_at(path: Path, encoding: str, chunks: int, then: str) -> int:
    """Return the line that follows a number of chunks and some more text: lines are counted only here."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before = sum(decoder.decode(chunk).count("\n") for chunk in islice(chunks_of(path), chunks))
    return before + then.count("\n") + 1


def _empty() -> FileFault:
    return FileFault(
        "empty file", "the file is empty", expected="a header line with the column names, and rows"
    )


def _not_in_encoding(encoding: str, line: int) -> FileFault:
    declare = "declare encoding: latin-1 or cp1252 if that is what the system writes"
    return FileFault(
        "wrong encoding",
        f"the file is not in {encoding.upper()}",
        expected=f"{encoding.upper()} in every line",
        next_step=declare if encoding == "utf-8" else None,
        line=line,
    )


def _nul_bytes(line: int) -> FileFault:
    return FileFault("NUL bytes", "the file holds NUL bytes", expected="text", line=line)


def _cut_short(how: str, line: int) -> FileFault:
    return FileFault(
        "no final newline",
        f"the file ends {how}",
        expected="a line end (LF or CR LF) after the last row",
        line=line,
    )
