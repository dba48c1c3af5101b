"""Every figure of ``evaluation.json`` stands on the data team's page, and none that is not in it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ews.reports import evaluation as page_module
from ews.reports.evaluation import render_evaluation
from ews.reports.summary import render_summary
from tests.outreach.page_reading import Page
from tests.reports import samples
from tests.reports.full_evaluation import full_evaluation

STUDIES = (
    "lift",
    "base_rates",
    "ablation",
    "rolling_origin",
    "stability",
    "week_to_week",
    "lead_time",
    "truth",
    "tuning",
    "calibration",
)
NOT_FOR_READERS = {
    "is_test_year",
    "sampled",
    "train_rows",
    "left",  # of list stability: n says how many places count
    "stayed",  # the share times n
    "method",
    "name",
    "low",  # with its value, below
    "high",
}


@cache
def evaluation() -> dict[str, Any]:
    return full_evaluation()


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes most of the time, and says nothing that a table does not say too."""
    names = ("auc", "precision", "calibration", "families", "steadiness", "base_rates", "lead_time")
    monkeypatch.setattr(page_module, "_figures", lambda *_: dict.fromkeys(names, ""))


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every number in a document."""
    if isinstance(node, dict | list):
        for key, each in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(each, (*path, key))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path


def changed(document: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """Return a copy in which one number is plainly another."""
    twin = copy.deepcopy(document)
    part = twin
    for key in path[:-1]:
        part = part[key]
    old = part[path[-1]]
    days = path[0] == "lead_time" and path[-2] in ("days_before", "days_to_year_end")
    counts = isinstance(old, int) or days or path[-1] in ("trees", "leaves_in_all")
    part[path[-1]] = old + 5000 if counts else old + 0.37
    return twin


def of_shown_rankings(path: tuple[Any, ...]) -> bool:
    shown = {"model", "prior_year_rate", "logistic_regression", evaluation()["lift"]["best_rule"]}
    return path[0] not in ("stability", "week_to_week") or path[3] in shown


@pytest.mark.usefixtures("no_charts")
@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_of_a_study_is_on_the_page(study: str) -> None:
    before = render_evaluation(evaluation())
    paths = [
        (study, *path)
        for path in leaves(evaluation()[study])
        if not NOT_FOR_READERS & set(map(str, path)) and of_shown_rankings((study, *path))
    ]
    assert len(paths) >= 4
    unseen = [path for path in paths if render_evaluation(changed(evaluation(), path)) == before]
    assert not unseen


@pytest.mark.usefixtures("no_charts")
@pytest.mark.parametrize("bound", ["low", "high"])
def test_every_interval_is_on_the_page_with_its_value(bound: str) -> None:
    before = render_evaluation(evaluation())
    paths = [
        path
        for study in STUDIES
        for path in ((study, *each) for each in leaves(evaluation()[study]))
        if path[-1] == bound and of_shown_rankings(path)
    ]
    assert len(paths) > 100
    assert not [path for path in paths[::3] if render_evaluation(changed(evaluation(), path)) == before]


@pytest.mark.usefixtures("no_charts")
def test_every_figure_of_every_date_is_on_the_page() -> None:
    document = full_evaluation(300)
    before = render_evaluation(document)
    paths = [("periods", *path) for path in leaves(document["periods"])]
    # A list of those not yet chronic is the section `prevent` of all students; the parts of the Brier score
    # and the regression's recalibration stand for all dates together.
    shown = [
        path
        for path in paths
        if not (path[3] == "not_yet_chronic" and "at_capacity" in path)
        and not ("brier_parts" in path and document["periods"][path[1]]["as_of"] != "pooled")
        and not ("at_capacity" in path and document["periods"][path[1]]["as_of"] != "pooled")
        and not ("beside" in path and not _is_shown_beside(path, document))
    ]
    assert len(shown) > 500
    assert not [path for path in shown[::7] if render_evaluation(changed(document, path)) == before]


def _is_shown_beside(path: tuple[Any, ...], document: dict[str, Any]) -> bool:
    """AUC by date for those not yet chronic; the list's precision for everyone and all dates."""
    if document["periods"][path[1]]["as_of"] == "pooled":
        return path[3] == "all" and path[5:7] == ("precision", "prevent")
    return path[3] == "not_yet_chronic" and path[5].startswith("auc_to")


def written(value: float, digits: int, factor: int = 1) -> str:
    text = f"{factor * value:.{digits}f}"
    return text.replace("-", "\u2212") if re.search("[1-9]", text) else text.lstrip("-")


def all_writings(document: Any) -> set[str]:
    """Return every way in which a figure of a document may be written, by other code than the page's."""
    found: set[str] = set()
    nodes = [document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            nodes += node.values()
            value = next((node[key] for key in ("value", "estimate", "observed") if key in node), None)
            low, high = node.get("low"), node.get("high")
            if isinstance(value, dict):  # the share observed, itself with an interval
                continue
            if value is not None and low is not None and high is not None:
                found |= with_interval(value, low, high)
        elif isinstance(node, list):
            nodes += node
        elif isinstance(node, bool) or node is None:
            continue
        elif isinstance(node, int):
            found |= {f"{node:,}", str(node)}
        elif isinstance(node, float):
            found |= {written(node, digits) for digits in (0, 2, 3, 4)}
            found |= {written(node, digits, 100) + "%" for digits in (0, 1)} | {written(node, 0, 100)}
    return found


def with_interval(value: float, low: float, high: float) -> set[str]:
    dash = " to " if "\u2212" in "".join(written(each, 4) for each in (low, high)) else "\u2013"
    found = set()
    for digits in (2, 3):
        found.add(f"{written(value, digits)} ({written(low, digits)}{dash}{written(high, digits)})")
    for digits in (0, 1):
        ends = [written(each, digits, 100) for each in (value, low, high)]
        found.add(f"{ends[0]}% ({ends[1]}{dash}{ends[2]}%)")
        found.add(f"{ends[0]} ({ends[1]}{dash}{ends[2]})")
    return found


class Cells(Page):
    """A page that also remembers the text of every cell of numbers."""

    def __init__(self, html: str) -> None:
        self.numbers: list[str] = []
        super().__init__(html)

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        if tag == "td" and "number" in (self._classes or ""):
            self.numbers.append(self.rows[-1][-1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        if tag in ("td", "th"):
            self._classes = dict(attrs).get("class") or ""


WORDS = {"n/a", "\u2013", "not defined", "too few to say", "nearly all", "nearly none"}


@pytest.mark.parametrize("page", ["evaluation", "summary"])
@pytest.mark.parametrize("size", [60, 800])
def test_no_table_holds_a_figure_that_the_data_do_not(page: str, size: int) -> None:
    document = evaluation() if size == 800 else full_evaluation(size)
    draw = {
        "evaluation": lambda: render_evaluation(document),
        "summary": lambda: render_summary(document, samples.fairness()),
    }[page]
    cells = Cells(draw()).numbers
    assert len(cells) >= 9
    allowed = all_writings(document) | WORDS
    invented = [cell for cell in cells if cell not in allowed and not quartiles(cell, document)]
    assert not invented


def quartiles(cell: str, document: dict[str, Any]) -> bool:
    """Whether a cell is three quartiles of days of the lead time."""
    days = [
        each[key]
        for each in document["lead_time"]["predictors"].values()
        for key in ("days_before", "days_to_year_end")
    ]
    said = {
        ", ".join(written(each[q], 0) for q in ("p25", "median", "p75"))
        for each in days
        if each["median"] is not None
    }
    return cell in said
