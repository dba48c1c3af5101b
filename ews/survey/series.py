"""Files that belong together by their names: one pattern for them, and the dates in their names."""

from __future__ import annotations

import datetime as dt
import glob
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ews.survey.folder import FoundFile

_YEAR_FIRST = re.compile(r"(?<!\d)(?:19|20)\d\d([-_.]?)\d\d\1\d\d(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)\d\d([-_.]?)\d\d\1(?:19|20)\d\d(?!\d)")


@dataclass(frozen=True)
class Series:
    """Files of one kind whose names differ in their digits only; often a single file.

    Attributes
    ----------
    pattern : str
        The path of the file, or the pattern that fits just these files, relative to the folder; empty
        where every pattern would fit others too.
    name_dates : tuple of str
        The forms in which the dates in the names can be read; empty where the names hold none.
    """

    files: tuple[FoundFile, ...]
    pattern: str
    name_dates: tuple[str, ...] = ()


def families(files: Iterable[FoundFile]) -> list[tuple[FoundFile, ...]]:
    """Return files grouped by their names without digits, in the order of their names."""
    grouped: dict[str, list[FoundFile]] = defaultdict(list)
    for file in files:
        grouped[re.sub(r"\d+", "#", file.name)].append(file)
    return [tuple(members) for members in grouped.values()]


def as_series(members: Sequence[FoundFile], everything: Sequence[FoundFile]) -> Series:
    """Return files of one layout as a series; ``everything`` is what a pattern must not fit besides them."""
    dates = _name_dates(members)
    if len(members) == 1:
        return Series(tuple(members), members[0].name, dates)
    names = [member.name for member in members]
    pattern = _without_date(names[0]) if dates else _pattern(names)
    fitting = [file for file in everything if fnmatchcase(file.name, pattern)]
    fits = len(fitting) == len(members) and all(_depth(file.name) == _depth(pattern) for file in fitting)
    return Series(tuple(members), pattern if fits else "", dates)


def _depth(name: str) -> int:
    return name.count("/")


def _pattern(names: Sequence[str]) -> str:
    """Return names with the runs of digits that differ as ``*``."""
    split = [re.split(r"(\d+)", name) for name in names]
    parts = [glob.escape(runs[0]) if len(set(runs)) == 1 else "*" for runs in zip(*split, strict=True)]
    return re.sub(r"\*(?:[-_.]?\*)+", "*", "".join(parts))


def _without_date(name: str) -> str:
    """Return a name with its date as ``*``: the pattern then fits the files of every year."""
    searched = _YEAR_FIRST if _YEAR_FIRST.search(name) else _YEAR_LAST
    before, _, after = searched.sub("\0", name, count=1).partition("\0")
    return f"{glob.escape(before)}*{glob.escape(after)}"


def _name_dates(members: Sequence[FoundFile]) -> tuple[str, ...]:
    names = [member.path.name for member in members]
    forms = set.intersection(*(set(_forms(name)) for name in names))
    return tuple(sorted(form for form in forms if _reads_all(names, form)))


def _forms(name: str) -> list[str]:
    """Return the strptime forms of a name, one for each reading of the date in it."""
    found = []
    for searched, orders in (
        (_YEAR_FIRST, ("%Y{0}%m{0}%d",)),
        (_YEAR_LAST, ("%m{0}%d{0}%Y", "%d{0}%m{0}%Y")),
    ):
        match = searched.search(name)
        if match:
            before, after = name[: match.start()], name[match.end() :]
            found += [_escaped(before) + order.format(match[1]) + _escaped(after) for order in orders]
    return found


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _reads_all(names: Sequence[str], form: str) -> bool:
    try:
        days = {dt.datetime.strptime(name, form) for name in names}
    except ValueError:
        return False
    return len(days) == len(names)
