"""Every sentence is held against the student's own days and figures, by code that did not write it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ews.features.matrix import FEATURES
from ews.features.unbroken import BESIDE_FEATURES
from ews.outreach.reasons import GOING_WELL, REASONS, reasons_of
from tests.outreach.calendar_sentences import by_the_calendar
from tests.outreach.sentence_forms import FORMS, check, check_words, form_of
from tests.outreach.sentence_numbers import Figures
from tests.outreach.student_histories import AWAY_FROM_DISTRICT as NOT_HERE
from tests.outreach.student_histories import EXEMPT, History, figures_of

POLICIES = (
    ("attendance", "roster"),
    ("attendance", "nurse", "roster", "meals"),
    ("nurse",),
    ("roster",),
    (),
)
KINDS = "PPPPPPAUHLTA"
SEEDS = st.integers(0, 2**32 - 1)
STRETCHES = st.one_of(
    st.text(st.sampled_from(KINDS), max_size=60),
    st.text(st.sampled_from(KINDS + EXEMPT), max_size=20),
    st.integers(1, 40).map(lambda days: EXEMPT * days),
    st.integers(1, 40).map(lambda days: NOT_HERE * days),
)
YEARS = st.lists(STRETCHES, max_size=5).map("".join)
HISTORIES = st.builds(History, YEARS, YEARS, YEARS)


def said(
    students: Sequence[tuple[History, int]], policy: tuple[str, ...]
) -> list[tuple[Figures, dict[str, str]]]:
    """Return figures and sentences of students, with contributions that fall on any features either way."""
    figures = [figures_of(history, seed) for history, seed in students]
    shares = [np.random.default_rng(seed).normal(0, 1, len(FEATURES)) ** 3 for _, seed in students]
    frame = pd.DataFrame(figures)
    rows = reasons_of(frame[list(FEATURES)], np.array(shares), policy, frame[list(BESIDE_FEATURES)])
    return list(zip(figures, rows.to_dict("records"), strict=True))


def hold(students: Sequence[tuple[History, int]], policy: tuple[str, ...]) -> set[str]:
    """Hold all sentences of all students; return the patterns of their forms."""
    forms = set()
    for (history, _), (figures, row) in zip(students, said(students, policy), strict=True):
        texts = {column: text for column, text in row.items() if text}
        assert len(set(texts.values())) == len(texts), "a sentence stands twice"
        for column, text in texts.items():
            by_the_calendar(text, history)
            forms.add(check(text, figures, policy, well=column in GOING_WELL).pattern)
    return forms


@settings(max_examples=300, deadline=None)
@given(HISTORIES, SEEDS, st.sampled_from(POLICIES))
@example(History("A" * 20 + "X" * 20 + "A" * 5 + "P" * 15), 1, POLICIES[0])
@example(History("P"), 1, POLICIES[1])
@example(History(""), 1, POLICIES[1])
def test_every_sentence_is_true_of_its_student(history: History, seed: int, policy: tuple[str, ...]) -> None:
    hold([(history, seed)], policy)


def a_year(random: np.random.Generator, days: int) -> str:
    """A year of a school with so many days, by a student who may come late, leave, be back, or be exempt."""
    kinds = ["PPPPPPPPPPPPA", KINDS, "P" * 24 + "A", "PPPPU", "P", "P" * 30 + "L", "P" * 16 + "H", "PAAAAAA"]
    year = "".join(random.choice(list(random.choice(kinds)), days))
    for mark in (NOT_HERE, EXEMPT):
        if random.random() < 0.25:
            start = int(random.choice([0, random.integers(0, days + 1)]))
            end = int(random.choice([days, random.integers(start, days + 1), min(start + 3, days)]))
            year = year[:start] + mark * (end - start) + year[end:]
    return year


def a_student(random: np.random.Generator) -> History:
    """A student whose days this year may also turn for the better, or for the worse, at some point."""
    this = a_year(random, int(random.integers(0, 90)))
    turn = int(random.integers(0, len(this) + 1))
    if random.random() < 0.3:
        this = random.choice([this[:turn] + "P" * (len(this) - turn), "P" * turn + this[turn:]])
    return History(str(this), *(a_year(random, 120) if random.random() < 0.8 else "" for _ in range(2)))


def test_every_form_of_sentence_is_said_and_held() -> None:
    random = np.random.default_rng(7)
    students = [(a_student(random), seed) for seed in range(6_000)]
    assert hold(students, POLICIES[1]) == {form.pattern for form in FORMS}


HERE = "P" * 60
FAR_AWAY = NOT_HERE * 60


@pytest.mark.parametrize(
    ("text", "history"),
    [
        ("Absent 6 of the last 10 school days", History("P" * 20 + "A" * 6 + NOT_HERE * 50 + "PPPP")),
        ("Absent 8 of the last 20 school days", History("P" * 20 + "A" * 8 + NOT_HERE * 50 + "P" * 12)),
        (
            "Absent 6 of the last 20 school days; none of the 13 before",
            History("P" * 5 + NOT_HERE * 50 + "P" * 22 + "A" * 6),
        ),
        ("Absence on each of the last 3 school days", History(HERE + "AA" + NOT_HERE * 40 + "A")),
        ("Absent 33% of school days up to this point of last year", History(FAR_AWAY + "P" * 27, "AP" * 60)),
        (
            "Absent 50% of school days around this point of last year",
            History(FAR_AWAY + HERE, "A" * 60 + HERE * 2),
        ),
        (
            "Absent 50% of school days after this point of last year",
            History(FAR_AWAY + HERE, HERE + "A" * 60 + HERE),
        ),
        ("Absent 28% of school days toward the end of last year", History(HERE, "PPPA" * 15 + FAR_AWAY)),
        ("Absent 50% of school days last year", History(HERE, "AP" * 20 + FAR_AWAY)),
        ("No absence last year", History(HERE, "P" * 20 + FAR_AWAY)),
        ("Absent 25% of the last 20 school days", History(HERE + EXEMPT * 16 + "PPPA")),
        ("Absent 1 of the last 20 school days", History(HERE + EXEMPT * 16 + "PPPA")),
        ("No absence in 46 school days this year", History("P" * 46 + EXEMPT * 40)),
        ("No absence in the last 20 school days", History("P" * 46 + EXEMPT * 40)),
        ("No absence in 60 school days this year", History("PPL" * 20)),
        ("No unexcused absence in 60 school days this year", History("PAL" * 20)),
        ("No absence last year", History(HERE, "PPL" * 50)),
        ("2 visits to the school nurse in the last 20 school days", History(HERE + NOT_HERE * 9 + "PP")),
        ("Absent 1 of the first 20 school days", History("...." + "A" + "P" * 40)),
        ("One absence of 4 school days in a row this year", History(HERE + "AA" + NOT_HERE * 40 + "AAPP")),
    ],
)
def test_the_days_of_the_clock_are_not_taken_for_the_schools(text: str, history: History) -> None:
    with pytest.raises(AssertionError):
        by_the_calendar(text, history)


@pytest.mark.parametrize(
    ("text", "history"),
    [
        (
            "Absent 10% of school days this year; 22% up to this point of last year",
            History("A" + "P" * 9, "AAP" * 60),
        ),
        ("Absent 10 of the last 20 school days; 20 of the 20 before", History("A" * 20 + "AP" * 10)),
    ],
)
def test_much_absence_is_not_taken_for_little(text: str, history: History) -> None:
    with pytest.raises(AssertionError):
        check(text, figures_of(history, 1), POLICIES[0], well=True)


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
    figures = figures_of(History("P" * 54 + "AAAAAA"), 1)
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
    students = pd.DataFrame([figures_of(History(HERE), 3) | visits])
    features, beside = students[list(FEATURES)], students[list(BESIDE_FEATURES)]
    found = set()
    for name in ("nurse_visits", "nurse_mental_health", "nurse_mental_health_last_40", "nurse_illness"):
        shares = np.zeros((1, len(FEATURES)))
        shares[0, FEATURES.index(name)] = 1.0
        found.add(reasons_of(features, shares, ("nurse",), beside)["reason_1"].iloc[0])
    assert found == {"3 visits to the school nurse this year; sent home after 1 of them"}


def test_reasons_and_what_goes_well_have_columns_of_their_own() -> None:
    [(_, row)] = said([(History("PPAP" * 12), 5)], POLICIES[0])
    assert tuple(row) == (*REASONS, *GOING_WELL)
