"""Every check stands once in the catalog, is really made somewhere, and is explained on a page."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from ews.extracts.checks import CHECKS, found
from ews.extracts.checks_page import catalog_page

ROOT = Path(__file__).parent.parent.parent
CATALOG = ROOT / "ews" / "extracts" / "checks.py"
SOURCES = [path for path in sorted((ROOT / "ews").rglob("*.py")) if path != CATALOG]
MAKERS = ("found", "Finding", "FileFault")
"""What makes a finding; its first argument is the name of a check."""


@cache
def trees() -> tuple[ast.AST, ...]:
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES)


def texts() -> set[str]:
    """Every text in the code but the catalog's own: a name may reach ``found`` by way of a variable."""
    nodes = (node for tree in trees() for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def named() -> set[str]:
    """The names that findings are made with where they are written down right there."""
    calls = (node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    firsts = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in MAKERS]
    return {first.value for first in firsts if isinstance(first, ast.Constant)}


def test_every_finding_that_is_made_stands_in_the_catalog() -> None:
    assert named() <= set(CHECKS)
    assert len(named()) > 20, "the search finds the calls"


def test_every_check_in_the_catalog_is_made_somewhere() -> None:
    assert set(CHECKS) <= texts()


def test_the_page_of_checks_is_the_catalog() -> None:
    """To write it again: print(catalog_page()) into docs/checks.md."""
    assert (ROOT / "docs" / "checks.md").read_text(encoding="utf-8") == catalog_page()


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_says_what_it_means_and_how_to_resolve_it(name: str) -> None:
    check = CHECKS[name]
    assert check.meaning.endswith("."), "a sentence"
    assert check.meaning[0].isupper()
    assert check.resolve
    assert check.resolve[-1] not in ".;,", "a clause: messages add to it"
    assert "|" not in check.meaning + check.resolve, "it stands in a table"


def test_a_finding_takes_severity_and_next_step_from_the_catalog() -> None:
    plain = found("lost zeros", "enrollments", "3 of 4 unknown ids")
    assert (plain.severity, plain.next_step) == ("warning", CHECKS["lost zeros"].resolve)
    told = found("lost zeros", "enrollments", "3 of 4", severity="note", next_step="do this", count=3)
    assert (told.severity, told.next_step, told.count) == ("note", "do this", 3)


def test_a_finding_that_no_check_is_called_by_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        found("a check of my own", "attendance", "something")
