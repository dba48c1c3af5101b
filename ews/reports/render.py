"""From a template and plain data to one self-contained page."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from jinja2 import Environment

from ews.outreach.pages import environment, long_date
from ews.reports import numbers


def render_page(template: str, **values: Any) -> str:
    """Render a template of ``ews/reports/templates``.

    Raises
    ------
    jinja2.UndefinedError
        If the template asks for a value that is not given.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    made = environment("ews.reports", "ews.outreach")
    made.filters |= {
        "decimal": numbers.decimal,
        "percent": numbers.percent,
        "per_hundred": numbers.per_hundred,
        "per_hundred_interval": numbers.per_hundred_interval,
        "points": numbers.points,
        "fewer_or_more": numbers.fewer_or_more,
        "count": numbers.count,
        "p_value": numbers.p_value,
        "verdict_words": numbers.verdict_words,
        "part": numbers.part,
        "part_if_any": numbers.part_if_any,
        "day": day,
        "short_day": short_day,
    }
    return made


def day(iso: str) -> str:
    """Return an ISO date as people write it; "pooled" and other words stay.

    Examples
    --------
    >>> day("2024-09-23"), day("pooled")
    ('September 23, 2024', 'all dates together')
    """
    return "all dates together" if iso == "pooled" else long_date(dt.date.fromisoformat(iso))


def short_day(iso: str) -> str:
    """Return an ISO date as people write it in a table.

    Examples
    --------
    >>> short_day("2024-09-03")
    'Sep 3, 2024'
    """
    found = dt.date.fromisoformat(iso)
    return f"{found:%b} {found.day}, {found.year}"
