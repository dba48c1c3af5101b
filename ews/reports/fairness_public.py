"""The public page of the fairness audit: verdicts and banded percentages, for families and the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.equity.suppression import bands
from ews.reports.in_words import in_these_words, outcome_words
from ews.reports.render import render_page

PERCENTAGE_TITLES = {
    "selected": "On the list",
    "reached": "Of those in need, on the list",
    "reached_long": "Of those in need, on the longer list",
    "precision": "Of those listed, in need",
    "false_alarms": "Of those not in need, on the list",
}
"""What :data:`ews.equity.public_edition.PERCENTAGES` is in the words of the page."""


def render_fairness_public(
    edition: Mapping[str, Any], banners: Sequence[str] = (), label: Mapping[str, Any] | None = None
) -> str:
    """Return ``fairness_public.html``; it says nothing that ``edition`` does not.

    Parameters
    ----------
    edition : mapping
        What :func:`ews.equity.public_edition.public_edition` returned.
    banners : sequence of str
        Sentences that must be seen first: sign-offs, overrides.
    label : mapping, optional
        ``label`` of ``evaluation.json``: what was predicted.

    Raises
    ------
    jinja2.UndefinedError
        If something that the page shows is missing.
    """
    outcome = outcome_words(label)
    return render_page(
        "fairness_public.html.j2",
        **in_these_words(edition, outcome),
        outcome=outcome,
        banners=banners,
        titles=PERCENTAGE_TITLES,
        bands=bands(edition["minimum"]),
        shown_pairs=[table for table in edition["pairs"] if table["groups"]],
        attribute_titles={each["attribute"]: each["title"] for each in edition["attributes"]},
        pairs_withheld=any(table["withheld"] for table in edition["pairs"]),
        suppressed_somewhere=any(table["withheld"] for table in _tables(edition)),
    )


def _tables(edition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*edition["attributes"], *edition["pairs"], edition["schools"]]
