"""Every sentence is held against the student's own days and figures, by code that did not write it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ews.features.matrix import FEATURES
from ews.outreach.reasons import GOING_WELL, REASONS, reasons_of
from tests.outreach.sentence_forms import FORMS, check, check_words, form_of
from tests.outreach.sentence_numbers import Figures, number
from tests.outreach.student_histories import EXEMPT, away, figures_of

POLICIES = (
    ("attendance", "roster"),
    ("attendance", "nurse", "roster", "meals"),
    ("nurse",),
    ("roster",),
    (),
)
KINDS = "PPPPPPAUHXTA"
SEEDS = st.integers(0, 2**32 - 1)
HISTORIES = st.lists(st.sampled_from(KINDS), max_size=90).map("".join)


def said(
    students: Sequence[tuple[str, int]], policy: tuple[str, ...]
) -> list[tuple[Figures, dict[str, str]]]:
    """Return figures and sentences of students, with contributions that fall on any features either way."""
    figures = [figures_of(days, seed) for days, seed in students]
    shares = [np.random.default_rng(seed).normal(0, 1, len(FEATURES)) ** 3 for _, seed in students]
    clocks = [each["clock_days"] for each in figures]
    rows = reasons_of(pd.DataFrame(figures)[list(FEATURES)], np.array(shares), policy, clocks)
    return list(zip(figures, rows.to_dict("records"), strict=True))


def hold(students: Sequence[tuple[str, int]], policy: tuple[str, ...]) -> set[str]:
    """Hold all sentences of all students; return the patterns of their forms."""
    forms = set()
    for (days, _), (figures, row) in zip(students, said(students, policy), strict=True):
        texts = {column: text for column, text in row.items() if text}
        assert len(set(texts.values())) == len(texts), "a sentence stands twice"
        for column, text in texts.items():
            forms.add(check(text, figures, policy, well=column in GOING_WELL).pattern)
            by_the_days(text, days)
    return forms


def by_the_days(text: str, days: str) -> None:
    """Count the days of a window one by one, where a sentence counts them."""
    if match := re.match(
        r"(Absent (?P<a>[\d.]+) of|No absence in) the (?P<end>last|first) (?P<b>\d+) ", text
    ):
        size = int(match["b"])
        assert number(match["a"] or "0", away(days[-size:] if match["end"] == "last" else days[:size])), text
        assert match["a"] is None or EXEMPT not in days
    if match := re.match(r"Absent .*; (?P<c>none|[\d.]+) of the (?P<d>\d+) before", text):
        before = days[:-20][-int(match["d"]) :]
        assert len(before) == int(match["d"])
        assert number(match["c"].replace("none", "0"), away(before)), text
    if match := re.match(r"Unexcused .* of the last 20 .*; (?P<c>none|[\d.]+) of the (?P<d>\d+)", text):
        assert number(match["c"].replace("none", "0"), days[:-20].count("U")), text
        assert int(match["d"]) == len(days) - 20


@settings(max_examples=150, deadline=None)
@given(HISTORIES, SEEDS, st.sampled_from(POLICIES))
@example("A" * 20 + "X" * 20 + "A" * 5 + "P" * 15, 1, POLICIES[0])
@example("P", 1, POLICIES[1])
@example("", 1, POLICIES[1])
def test_every_sentence_is_true_of_its_student(days: str, seed: int, policy: tuple[str, ...]) -> None:
    hold([(days, seed)], policy)


def test_every_form_of_sentence_is_said_and_held() -> None:
    random = np.random.default_rng(7)
    students = []
    for seed in range(5_000):
        kinds = random.choice(
            [KINDS, "PPPPPPPPPPPPPPPPPPPPPPPPA", "PPPPU", "P", "PPPPPPPPPPPPPPPPH", "PAAAAAA"]
        )
        students.append(("".join(random.choice(list(kinds), random.integers(0, 80))), seed))
    assert hold(students, POLICIES[1]) == {form.pattern for form in FORMS}


@pytest.mark.parametrize(
    "text",
    [
        "Absent 6 of 60 school days this year because of illness",
        "2 visits to the school nurse for mental health",
        "Eats lunch for free",
        "Absent a lot",
        "5 absences to spare in the 1 school days that remain, truant",
    ],
)
def test_a_sentence_of_no_known_form_does_not_pass(text: str) -> None:
    with pytest.raises(AssertionError):
        form_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "1 school days",
        "3 absence to spare",
        "2 visit to the school nurse",
        "Absent 0 of the last 20 school days",
        "Absent 7 of the last 5 school days",
        "led to absence",
        "free lunch",
        "mental health",
    ],
)
def test_words_and_numbers_that_must_not_stand_are_seen(text: str) -> None:
    with pytest.raises(AssertionError):
        check_words(text)


def test_a_wrong_number_is_seen() -> None:
    days = "P" * 54 + "AAAAAA"
    figures = figures_of(days, 1) | {"days_missed_before_entry": 0.0}
    check("Absent 6 of the last 20 school days; none of the 20 before", figures, POLICIES[0], well=False)
    for wrong in (
        "Absent 5 of the last 20 school days",
        "Absent 6 of the last 20 school days; 2 of the 20 before",
        "Absent 6 of 61 school days this year (10%)",
        "Absent 6 of 60 school days this year (11%)",
        "No absence in the last 10 school days",
    ):
        with pytest.raises(AssertionError):
            check(wrong, figures, POLICIES[0], well=False)


def test_the_kind_of_a_nurse_visit_changes_no_word_of_its_sentence() -> None:
    """The push of a mental-health visit says what the push of any visit says."""
    visits = {
        "nurse_visits": 3.0,
        "nurse_sent_home": 1.0,
        "nurse_visits_last_20": 1.0,
        "nurse_visits_last_40": 2.0,
    }
    figures = figures_of("P" * 60, 3) | visits
    features = pd.DataFrame([{name: figures[name] for name in FEATURES}])
    found = set()
    for name in ("nurse_visits", "nurse_mental_health", "nurse_mental_health_last_40", "nurse_illness"):
        shares = np.zeros((1, len(FEATURES)))
        shares[0, FEATURES.index(name)] = 1.0
        found.add(reasons_of(features, shares, ("nurse",), [60.0])["reason_1"].iloc[0])
    assert found == {"3 visits to the school nurse this year; sent home after 1 of them"}


def test_reasons_and_what_goes_well_have_columns_of_their_own() -> None:
    [(_, row)] = said([("PPAP" * 12, 5)], POLICIES[0])
    assert tuple(row) == (*REASONS, *GOING_WELL)
