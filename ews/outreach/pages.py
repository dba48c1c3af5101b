"""The page that everything for people's eyes is printed on: escaped, self-contained, without scripts."""

from __future__ import annotations

import datetime as dt
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from ews.outreach.columns import as_percent, days


@cache
def environment(*packages: str) -> Environment:
    """Return the template environment of one or more packages, searched in that order.

    Every value is escaped, and a value that a template asks for and does not get is an error
    (``StrictUndefined``): a report with a hole in it must not look finished. ``page.html.j2`` of
    ``ews.outreach`` carries the content-security policy that forbids scripts and remote assets.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["long_date"] = long_date
    made.filters["days"] = days
    made.filters["as_percent"] = as_percent
    return made


def long_date(day: dt.date) -> str:
    """Return a date as people write it.

    Examples
    --------
    >>> long_date(dt.date(2026, 1, 5))
    'January 5, 2026'
    """
    return f"{day:%B} {day.day}, {day.year}"
