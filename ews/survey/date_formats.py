"""In which form a column's dates are written: every form that reads all of its values."""

from __future__ import annotations

import re
from functools import cache

from ews.engine import Session, identifier, literal

_DAYS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%m%d%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%m-%d-%y",
    "%d-%m-%y",
    "%m.%d.%Y",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_TIMES = (
    "",
    " %H:%M:%S",
    " %H:%M",
    " %H:%M:%S.%f",
    "T%H:%M:%S",
    "T%H:%M:%S.%f",
    " %I:%M:%S %p",
    " %I:%M %p",
    " %I:%M%p",
)
_NAMES = ("%b", "%B", "%p")
_MOST_SIGNATURES = 3

ISO = "%Y-%m-%d"


def signature_sql(cell: str) -> str:
    """Return SQL for the shape of a cell: runs of digits as ``9``, runs of letters as ``a``."""
    return f"regexp_replace(regexp_replace({cell}, '[0-9]+', '9', 'g'), '[A-Za-z]+', 'a', 'g')"


def formats_for(signatures: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats that could read cells of these shapes.

    Examples
    --------
    >>> formats_for(("9/9/9",))
    ('%Y/%m/%d', '%m/%d/%Y', '%d/%m/%Y', '%m/%d/%y', '%d/%m/%y')
    >>> formats_for(("a",))
    ()
    """
    if not signatures or len(signatures) > _MOST_SIGNATURES:
        return ()
    return tuple(
        day + time for day in _DAYS for time in _TIMES if set(signatures) <= {_signature(day + time)}
    )


def formats_that_read_all(
    session: Session, relation: str, column: str, candidates: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the formats that read every filled cell of a column as a day from 1900 to 2199."""
    if not candidates:
        return ()
    cell = identifier(column)
    tests = ", ".join(f"bool_and({_reads(cell, each)})" for each in candidates)
    (verdicts,) = session.rows(f"SELECT {tests} FROM {relation} WHERE {cell} IS NOT NULL")
    return tuple(each for each, reads in zip(candidates, verdicts, strict=True) if reads)


def _reads(cell: str, date_format: str) -> str:
    parsed = f"try_strptime({cell}, {literal(date_format)})"
    width = " AND length({cell}) = 8" if date_format in ("%Y%m%d", "%m%d%Y") else ""
    return f"(coalesce(year({parsed}) BETWEEN 1900 AND 2199, false){width.format(cell=cell)})"


@cache
def _signature(date_format: str) -> str:
    letters = re.sub("|".join(_NAMES), "a", date_format)
    digits = re.sub(r"%[A-Za-z]", "9", letters)
    return re.sub(r"[A-Za-z]+", "a", re.sub(r"9+", "9", digits))
