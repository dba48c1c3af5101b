"""Whether a file's first line names its columns. In doubt it does not: it may be a student's row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ews.survey.column_names import is_known_anywhere

_ENOUGH = 2
_VALUE = re.compile(r"[\d\s.,:/+-]*\d[\d\s.,:/+-]*|\S+@\S+")


def why_no_header(lines: Sequence[Sequence[str]]) -> str:
    """Return why the first line cannot be taken as column names; empty where it can.

    Examples
    --------
    >>> why_no_header([("StudentNumber", "Zork", "AttDate"), ("0041", "x", "9/8/2025")])
    ''
    >>> why_no_header([("0041", "1002", "9/8/2025")])
    'its first line holds values, not names of columns: have it exported with a header line'
    """
    if not lines:
        return "it holds no lines"
    named = [cell for cell in lines[0] if cell]
    if any(_VALUE.fullmatch(cell) for cell in named) or _comes_again(lines):
        return "its first line holds values, not names of columns: have it exported with a header line"
    known = sum(is_known_anywhere(cell) for cell in named)
    return "" if known >= min(_ENOUGH, max(len(named), 1)) else "the names in its first line are of no table"


def _comes_again(lines: Sequence[Sequence[str]]) -> bool:
    """Return whether a cell of the first line stands again below it, in its own column."""
    header = lines[0]
    return any(cell and cell in row[at : at + 1] for row in lines[1:] for at, cell in enumerate(header))
