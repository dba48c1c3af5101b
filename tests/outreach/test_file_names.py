"""File names: a safe school_id stays itself, any other becomes a safe and distinct name."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ews.outreach.file_names import file_stems


def test_safe_ids_stay_themselves() -> None:
    ids = ["0123", "s1", "North-East_2"]
    assert file_stems(ids) == {each: each for each in ids}


def test_ids_that_a_file_system_could_mistake_get_a_digest() -> None:
    stems = file_stems(["Ab", "aB", "index", "NUL", "com1", "a b", "a.b", ""])
    assert stems["Ab"].startswith("Ab-")
    assert stems["aB"].startswith("aB-")
    assert stems["index"].startswith("index-")
    assert stems["NUL"].startswith("NUL-")
    assert stems["a b"] != stems["a.b"]
    assert stems[""].startswith("school-")


@given(st.lists(st.text(max_size=120), max_size=8))
def test_any_ids_give_distinct_names_made_of_safe_letters(ids: list[str]) -> None:
    stems = file_stems(ids)
    assert set(stems) == set(ids)
    assert len({stem.casefold() for stem in stems.values()}) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,80}", stem) for stem in stems.values())


@given(st.lists(st.text(max_size=20), max_size=6))
def test_the_order_in_which_schools_come_changes_no_name(ids: list[str]) -> None:
    assert file_stems(ids) == file_stems(reversed(ids))
