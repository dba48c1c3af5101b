"""The catalog of checks as a page for people: ``docs/checks.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from ews.extracts.checks import CHECKS
from ews.extracts.findings import Severity

_TITLES: Mapping[Severity, str] = {
    "refused": "Refused: nothing is loaded (exit 20)",
    "set aside": "Set aside: rows in the quarantine, up to `checks.max_quarantined`; above it, refused",
    "warning": "Warnings: loaded, and somebody should look",
    "note": "Notes",
}

_INTRODUCTION = """\
# Checks

What `ews check` and every load look for. A finding has a name, a severity, the table, a sentence with
counts and places (never a student's id or a cell's value), and how to resolve it. The severity given here
is the usual one; a finding that weighs more or less says so. This page is made from
`ews/extracts/checks.py`.
"""


def catalog_page() -> str:
    """Return the catalog as a Markdown page with a table per severity."""
    return "\n".join([_INTRODUCTION, *(_section(severity) for severity in get_args(Severity))])


def _section(severity: Severity) -> str:
    rows = [
        f"| {check.name} | {check.meaning} | {check.resolve[0].upper()}{check.resolve[1:]}. |"
        for check in CHECKS.values()
        if check.severity == severity
    ]
    head = ["| check | what it means | how to resolve it |", "| --- | --- | --- |"]
    return "\n".join([f"## {_TITLES[severity]}", "", *head, *rows, ""])
