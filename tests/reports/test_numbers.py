"""How figures are written: intervals, percent, and the two words for a figure that is not shown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ews.reports import numbers

SHOWN = {
    "decimal": numbers.decimal,
    "percent": numbers.percent,
    "per_hundred": numbers.per_hundred,
    "count": numbers.count,
    "p_value": numbers.p_value,
}


@pytest.mark.parametrize("name", SHOWN)
def test_suppressed_is_a_word_and_never_a_number(name: str) -> None:
    assert SHOWN[name]("suppressed") == "suppressed"


@pytest.mark.parametrize("name", ["decimal", "percent", "per_hundred"])
def test_a_figure_whose_value_or_bounds_are_hidden_shows_none_of_them(name: str) -> None:
    hidden = dict.fromkeys(["value", "low", "high"], "suppressed")
    undefined = dict.fromkeys(["value", "low", "high"])
    assert SHOWN[name](hidden) == "suppressed"
    assert SHOWN[name]({**hidden, "low": 0.1, "high": 0.2}) == "suppressed"
    assert SHOWN[name](undefined) == "not defined"
    assert "0.1" not in SHOWN[name]({"value": 0.5, "low": 0.1, "high": "suppressed"})


@pytest.mark.parametrize(
    ("figure", "written"),
    [
        ({"value": 0.5, "low": 0.4, "high": 0.6}, "50% (40–60%)"),
        ({"value": 0.0, "low": 0.0, "high": 0.12}, "0% (0–12%)"),
        ({"value": 0.031, "low": 0.02, "high": 0.044}, "3.1% (2.0–4.4%)"),
        ({"value": 0.02, "low": -0.01, "high": 0.05}, "2.0% (−1.0 to 5.0%)"),
        ({"value": 0.5, "low": None, "high": None}, "50%"),
    ],
)
def test_percent(figure: dict[str, float], written: str) -> None:
    assert numbers.percent(figure) == written


def test_a_missing_figure_can_say_why() -> None:
    assert numbers.decimal(None, 2, "n/a — no outcome") == "n/a — no outcome"


def test_no_number_is_written_as_minus_zero() -> None:
    assert numbers.decimal(-0.0004, 2) == "0.00"
    assert numbers.decimal(-0.06, 2) == "−0.06"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_is_reached_and_what_is_missed_add_up_to_one(value: float, low: float, high: float) -> None:
    missed = {"value": value, "low": low, "high": high, "expected": value}
    reached = numbers.complement(missed)
    assert isinstance(reached, dict)
    assert math.isclose(reached["value"] + value, 1)
    assert math.isclose(reached["low"] + high, 1)
    assert math.isclose(reached["high"] + low, 1)


def test_the_complement_of_a_hidden_figure_is_hidden() -> None:
    assert numbers.complement("suppressed") == "suppressed"
    assert numbers.complement(None) is None
    assert numbers.complement({"value": "suppressed", "low": None, "high": 0.4}) == {
        "value": "suppressed",
        "low": 0.6,
        "high": None,
    }


def test_an_unknown_verdict_is_a_defect_not_a_blank() -> None:
    with pytest.raises(KeyError):
        numbers.verdict_words("passed")
