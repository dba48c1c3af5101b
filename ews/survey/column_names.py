"""What student information systems, nurse offices and kitchens call the columns of the contract.

A name is compared without case, spaces and punctuation. :func:`name_score` says how much a name alone
tells: :data:`EXACT` is the contract's own, :data:`KNOWN` a name that is used for nothing else in such a
table, :data:`LIKELY` one that a person has to confirm. The names are listed in ``column_names.yaml``.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ews.extracts.schema import DIRECTORY, TABLES

EXACT, KNOWN, LIKELY = 1.0, 0.9, 0.6


def plain(name: str) -> str:
    """Return a name without case, spaces and punctuation.

    Examples
    --------
    >>> plain("State_Student Number"), plain("AttDate")
    ('statestudentnumber', 'attdate')
    """
    return "".join(char for char in name.casefold() if char.isalnum())


@cache
def name_score(table: str, canonical: str, name: str) -> float:
    """Return how much a column's name alone says that it is a canonical column of a table; 0 for nothing.

    Examples
    --------
    >>> name_score("attendance", "code", "Att_Code"), name_score("attendance", "code", "Status")
    (0.9, 0.6)
    >>> name_score("attendance", "date", "Birth Date")
    0.0
    """
    if name.casefold() == canonical:
        return EXACT
    own = plain(name)
    known = {plain(each) for each in (canonical, *_listed("known", table, canonical))}
    if own in known:
        return KNOWN
    if own in {plain(each) for each in _listed("likely", table, canonical)}:
        return LIKELY
    words = _words(name)
    if not words.isdisjoint(_document()["other_words"]) or not own:
        return 0.0
    inside = any(phrase <= words for phrase in _phrases(table, canonical))
    near = difflib.get_close_matches(own, sorted(known), n=1, cutoff=0.92)
    return LIKELY if inside or near else 0.0


@cache
def is_known_anywhere(name: str) -> bool:
    """Return whether a name is the name of some column of some table."""
    return any(
        name_score(table.name, column, name) > 0
        for table in (*TABLES, DIRECTORY)
        for column in table.column_names
    )


@cache
def _document() -> dict[str, Any]:
    listed = files("ews.survey").joinpath("column_names.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(listed)
    return document


def _listed(kind: str, table: str, canonical: str) -> list[str]:
    names = _document()
    return [name for place in ("any", table) for name in names[place].get(canonical, {}).get(kind, ())]


def _words(name: str) -> frozenset[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return frozenset(re.findall(r"[^\W_]+", spaced.casefold()))


@cache
def _phrases(table: str, canonical: str) -> tuple[frozenset[str], ...]:
    """Return the words of every known name of two words or more: they may stand in a longer name."""
    phrases = [_words(canonical), *(_words(each) for each in _listed("known", table, canonical))]
    return tuple(phrase for phrase in phrases if len(phrase) > 1)
