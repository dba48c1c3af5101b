"""XML into rows: one per repeated element under the root, a column per path inside it.

Namespaces are ignored: elements go by their local names. The file is read as a stream, so its size does
not matter, and ``_line`` is the line on which an element begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from ews.extracts.delivered_bytes import FileFault, chunks_of
from ews.extracts.private_parquet import LINE, TextRows, text_rows

_CUT = (
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
)
_REPETITION, _WITHIN = "\n", "\t"


@dataclass(frozen=True)
class Elements:
    """The elements of one kind as a private Parquet file of text, with ``_line``.

    Attributes
    ----------
    header : tuple of str
        The columns, ``_line`` last.
    records : int
        Elements of whatever kind directly under the root: what a manifest counts as the file's rows.
    digest : str
        SHA-256 of the delivered bytes; empty when not asked for.
    """

    path: Path
    header: tuple[str, ...]
    records: int
    digest: str


def read_elements(
    path: Path, scratch: Path, element: str, fields: Mapping[str, str], *, digest: bool = False
) -> Elements:
    """Read every ``element`` directly under the root of an XML file.

    Parameters
    ----------
    element : str
        Local name of the repeated element.
    fields : mapping of str to str
        Column -> path of child names (``AttendanceEvent/EventDate``); an attribute is the last step, as
        ``@ref``. Where a path's first step occurs several times in one element, the cell has an entry
        for each, apart by line breaks and empty where it lacks the rest of the path, so that columns
        with one first step stay side by side; repetitions further down are apart by tabs.

    Raises
    ------
    FileFault
        If the XML is malformed, cut short, or brings a document type with entities of its own.
    """
    hashed = hashlib.sha256() if digest else None
    if not path.stat().st_size:
        raise FileFault("empty file", "the file is empty", expected="XML")
    with text_rows(scratch, tuple(fields)) as (copy, rows):
        reading = _Reading(element, fields, rows)
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, found: reading.start(name, found, parser.CurrentLineNumber)
        parser.EndElementHandler = reading.end
        parser.CharacterDataHandler = reading.text
        parser.StartDoctypeDeclHandler = _no_document_type
        try:
            for chunk in chunks_of(path, hashed):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _malformed(error) from None
    return Elements(copy, (*fields, LINE), reading.records, hashed.hexdigest() if hashed else "")


@dataclass
class _Node:
    """A step of the wanted paths: the columns that end here, by text or by attribute, and the steps below."""

    columns: list[str] = field(default_factory=list)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    below: dict[str, _Node] = field(default_factory=dict)


class _Reading:
    """Where the parser stands in the file, and the cells of the element that it is in."""

    def __init__(self, element: str, fields: Mapping[str, str], rows: TextRows) -> None:
        self.records = 0
        self._element = element
        self._wanted = _tree(fields)
        self._first_step = {column: path.split("/")[0] for column, path in fields.items()}
        self._rows = rows
        self._open: list[_Node | None] = []
        self._depth = 0
        self._line = 0
        self._parts: list[str] = []
        self._cells: dict[str, list[str]] = {}

    def start(self, name: str, attributes: Mapping[str, str], line: int) -> None:
        """Take in the beginning of an element, at whatever depth."""
        self._depth += 1
        local = name.rpartition(":")[2]
        if self._depth == 2:
            self.records += 1
            if local == self._element:
                self._line = line
                self._cells = {column: [] for column in self._first_step}
                self._enter(self._wanted, attributes)
        elif self._open:
            if len(self._open) == 1:
                for column, step in self._first_step.items():
                    if step == local:
                        self._cells[column].append("")
            above = self._open[-1]
            self._enter(above.below.get(local) if above else None, attributes)

    def text(self, data: str) -> None:
        """Take in text; it may come in pieces."""
        if self._open and self._open[-1] is not None:
            self._parts.append(data)

    def end(self, _: str) -> None:
        """Take in the end of an element."""
        self._depth -= 1
        if not self._open:
            return
        node = self._open.pop()
        for column in node.columns if node else ():
            self._put(column, "".join(self._parts))
        self._parts = []
        if not self._open:
            cells = [_REPETITION.join(values) for values in self._cells.values()]
            self._rows.add([cell if cell.strip() else None for cell in cells], self._line)

    def _enter(self, node: _Node | None, attributes: Mapping[str, str]) -> None:
        self._open.append(node)
        self._parts = []
        if node is None or not node.attributes:
            return
        for name, value in attributes.items():
            for column in node.attributes.get(name.rpartition(":")[2], ()):
                self._put(column, value)

    def _put(self, column: str, text: str) -> None:
        value = " ".join(text.split())
        entries = self._cells[column] or [""]  # an attribute of the element itself has no first step
        entries[-1] = f"{entries[-1]}{_WITHIN}{value}" if entries[-1] and value else entries[-1] or value
        self._cells[column] = entries


def _tree(fields: Mapping[str, str]) -> _Node:
    root = _Node()
    for column, path in fields.items():
        node = root
        *steps, last = path.split("/")
        for step in steps:
            node = node.below.setdefault(step, _Node())
        if last.startswith("@"):
            node.attributes.setdefault(last[1:], []).append(column)
        else:
            node.below.setdefault(last, _Node()).columns.append(column)
    return root


def _no_document_type(*_: object) -> NoReturn:
    raise FileFault(
        "unreadable source",
        "the XML brings a document type of its own, whose entities are not read",
        expected="XML without <!DOCTYPE",
        next_step="export it without one",
    )


def _malformed(error: expat.ExpatError) -> FileFault:
    cut = error.code in _CUT
    # Expat's sentences name no content ("mismatched tag").
    return FileFault(
        "unreadable source",
        "the XML was cut short" if cut else f"the XML is malformed: {expat.ErrorString(error.code)}",
        expected="well-formed XML, to the end tag of its root",
        next_step="deliver the file again",
        line=error.lineno,
    )
