"""The verdict in one sentence counts what could be judged, as the rest of the page does."""

from __future__ import annotations

from ews.equity.comparisons import Comparison, Verdict
from ews.equity.overall import sentence_of


def compared(verdict: Verdict) -> Comparison:
    figures = {"value": 0.0, "low": -0.1, "high": 0.2}
    return Comparison("sex", "F", "long", "excess_fnr", figures, verdict=verdict)


def test_open_comparisons_are_counted_among_those_that_could_be_judged() -> None:
    verdicts: tuple[Verdict, ...] = ("pass", "insufficient_evidence", "not_judged", "not_judged")
    said = sentence_of("insufficient_evidence", [compared(each) for each in verdicts], 0.0, {})
    assert "1 of 2 comparisons that could be judged is open" in said


def test_whom_an_attribute_says_nothing_about_is_said_with_any_verdict() -> None:
    said = sentence_of("pass", [compared("pass")], 0.0, {"economically_disadvantaged": 0.21})
    assert said.endswith("some could not be compared: about 20% by “economically disadvantaged”.")
