"""How figures are written: one place, so that a figure looks the same in every report.

A figure arrives as ``{"value", "low", "high"}`` (95% interval), as a bare number, as ``None`` where it is
not defined, or as the word ``"suppressed"`` where the group is small. Neither is ever written as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

SUPPRESSED = "suppressed"
MISSING = "not defined"

Number = float | int | str | None
Figure = Mapping[str, Any] | Number

VERDICTS = {
    "pass": ("✓", "Pass"),
    "fail": ("✗", "Fail"),
    "insufficient_evidence": ("?", "Insufficient evidence"),
    "not_judged": ("○", "Not judged"),
    "reported_only": ("·", "Reported only"),
}
"""Verdict -> (mark, words): told apart without color."""


def part(figure: Any, key: str) -> Any:
    """Return one part of a nested figure; when the whole is undefined or suppressed, so is its part."""
    return figure[key] if isinstance(figure, Mapping) else figure


def part_if_any(figure: Any, key: str) -> Any:
    """Return one part of a nested figure, None where an older report does not have it."""
    return figure.get(key) if isinstance(figure, Mapping) else figure


def value_of(figure: Figure, key: str = "value") -> Number:
    """Return one number of a figure; ``None`` and ``"suppressed"`` pass through."""
    value: Number = part(figure, key)
    return value


def number_of(figure: Figure, key: str = "value") -> float | None:
    """Return one number of a figure for drawing; None when it is undefined or suppressed."""
    value = value_of(figure, key)
    return None if value is None or isinstance(value, str) else float(value)


def decimal(figure: Figure, digits: int = 2, missing: str = MISSING) -> str:
    """Return a figure with its interval as decimals.

    Examples
    --------
    >>> decimal({"value": 0.83, "low": 0.80, "high": 0.86}), decimal(None), decimal("suppressed")
    ('0.83 (0.80–0.86)', 'not defined', 'suppressed')
    >>> decimal({"value": 0.03, "low": -0.01, "high": 0.07}, 3)
    '0.030 (−0.010 to 0.070)'
    """
    return _with_interval(figure, lambda number: _minus(f"{number:.{digits}f}"), missing)


def percent(figure: Figure, missing: str = MISSING) -> str:
    """Return a share with its interval in percent; one decimal below 10%.

    Examples
    --------
    >>> percent({"value": 0.412, "low": 0.38, "high": 0.44}), percent(0.043)
    ('41% (38–44%)', '4.3%')
    """
    digits = _percent_digits(figure)
    return _with_interval(figure, lambda number: _minus(f"{100 * number:.{digits}f}"), missing, "%")


def per_hundred(figure: Figure, missing: str = MISSING) -> str:
    """Return a share as a number of students per 100, without its interval.

    Examples
    --------
    >>> per_hundred({"value": 0.412, "low": 0.38, "high": 0.44}), per_hundred(0.043)
    ('41', '4.3')
    """
    digits = _percent_digits(figure)
    return _alone(value_of(figure), lambda number: _minus(f"{100 * number:.{digits}f}"), missing)


def per_hundred_interval(figure: Figure, missing: str = MISSING) -> str:
    """Return a share as a number of students per 100, with its interval.

    Examples
    --------
    >>> per_hundred_interval({"value": 0.412, "low": 0.38, "high": 0.44})
    '41 (38–44)'
    """
    digits = _percent_digits(figure)
    return _with_interval(figure, lambda number: _minus(f"{100 * number:.{digits}f}"), missing)


def points(figure: Figure, missing: str = MISSING) -> str:
    """Return a difference of two shares as students per 100, signed, with its interval.

    Examples
    --------
    >>> points({"value": 0.012, "low": -0.003, "high": 0.027}), points(-0.2)
    ('+1.2 (−0.3 to +2.7)', '−20.0')
    """
    return _with_interval(figure, lambda number: _plus(f"{100 * number:+.1f}"), missing)


def fewer_or_more(value: float) -> str:
    """Return a difference of two shares as students in 100, in words.

    Examples
    --------
    >>> fewer_or_more(-0.031), fewer_or_more(0.0061), fewer_or_more(0.0004)
    ('3 fewer', '0.6 more', 'as many')
    """
    size = round(100 * abs(value), 1 if abs(value) < 0.0095 else 0)
    if size == 0:
        return "as many"
    return f"{size:g} {'more' if value > 0 else 'fewer'}"


def count(value: Number) -> str:
    """Return a whole number with thousands separated.

    Examples
    --------
    >>> count(12345), count("suppressed")
    ('12,345', 'suppressed')
    """
    return _alone(value, lambda number: f"{number:,.0f}", MISSING)


def p_value(value: Number) -> str:
    """Return a p-value; below one in a thousand as a bound; None where nothing was tested.

    Examples
    --------
    >>> p_value(0.0321), p_value(0.00002), p_value(None)
    ('0.032', '< 0.001', 'not tested')
    """
    return _alone(value, lambda p: "< 0.001" if p < 0.001 else f"{p:.3f}", "not tested")


def complement(figure: Figure) -> Figure:
    """Return 1 minus a figure (the share reached from the share missed), bounds swapped.

    Examples
    --------
    >>> complement({"value": 0.75, "low": 0.5, "high": 1.0, "expected": 0.75})
    {'value': 0.25, 'low': 0.0, 'high': 0.5, 'expected': 0.25}
    """
    if not isinstance(figure, Mapping):
        return _one_minus(figure)
    turned = {"value": "value", "low": "high", "high": "low", "expected": "expected"}
    return {key: _one_minus(figure[source]) for key, source in turned.items() if source in figure}


def verdict_words(verdict: str) -> str:
    """Return a verdict as mark and words.

    Examples
    --------
    >>> verdict_words("insufficient_evidence")
    '? Insufficient evidence'
    """
    return " ".join(VERDICTS[verdict])


def _one_minus(value: Number) -> Number:
    return value if value is None or isinstance(value, str) else 1 - value


def _percent_digits(figure: Figure) -> int:
    value = number_of(figure)
    return 1 if value is not None and 0 < abs(value) < 0.0995 else 0


def _alone(value: Number, written: Callable[[float], str], missing: str, unit: str = "") -> str:
    if value is None:
        return missing
    return SUPPRESSED if isinstance(value, str) else f"{written(float(value))}{unit}"


def _with_interval(figure: Figure, written: Callable[[float], str], missing: str, unit: str = "") -> str:
    text = _alone(value_of(figure), written, missing, unit)
    if not isinstance(figure, Mapping):
        return text
    low, high = number_of(figure, "low"), number_of(figure, "high")
    if number_of(figure) is None or low is None or high is None:
        return text
    # "−0.01–0.07" could be read as a sum.
    between = " to " if low < 0 or high < 0 else "–"
    return f"{text} ({written(low)}{between}{written(high)}{unit})"


def _plus(text: str) -> str:
    return _minus(text) if any(digit in text for digit in "123456789") else text.lstrip("+-")


def _minus(text: str) -> str:
    # A true minus sign; and never "−0.00".
    return text.replace("-", "−") if any(digit in text for digit in "123456789") else text.removeprefix("-")
