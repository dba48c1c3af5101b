"""A code that is not mapped is named; what does not look like a code is about students, and is not."""

from __future__ import annotations

from ews.extracts.typed import _shown_codes


def test_a_few_short_codes_are_named() -> None:
    assert _shown_codes(["Q", "UX", "A1"]) == "Q, UX, A1"


def test_ids_in_the_place_of_codes_are_not_shown() -> None:
    assert "0188" not in _shown_codes([f"0188{number:04d}" for number in range(500)])


def test_many_short_ids_are_not_shown_either() -> None:
    assert "17" not in _shown_codes([str(number) for number in range(300)])


def test_a_longer_text_among_codes_is_only_counted() -> None:
    assert _shown_codes(["Q", "was ill at home"]) == "Q and 1 longer texts"
