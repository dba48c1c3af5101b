"""Every sentence that may stand on a list, as a form, and how its numbers are worked out again.

Nothing here comes from the code that writes the sentences: a form is what a reader sees, and each number in
it is recomputed from the student's figures. A sentence of no form, or of two, fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.outreach.sentence_numbers import (
    BOUND,
    WHEN,
    Figures,
    Groups,
    always,
    count,
    counted_over_year,
    enough_to_spare,
    first_days,
    in_percent,
    last_days,
    last_days_fall,
    last_days_rise,
    little_to_spare,
    none_in_window,
    number,
    nurse_visits,
    rate_at_least,
    rate_below,
    separate,
    some_of_absence,
    this_year,
    to_spare,
    unexcused_lately,
    with_the_grade,
)

A, B, C, D = (rf"(?P<{name}>\d+(?:\.\d+)?)" for name in "abcd")
P, Q = (rf"(?P<{name}>\d+%|less than 1%)" for name in "pq")
A_OR_P = rf"(?:{A}|{P})"
BEFORE = rf"(?:; (?:none|{C}) of the {D} before|; {Q} of those before)?"
DAYS = "school days?"

WHENS = rf"(?P<when>{'|'.join(WHEN)})"


@dataclass(frozen=True)
class Form:
    """One form of sentence.

    Attributes
    ----------
    pattern : str
        The whole sentence.
    signal : str
        Whose policy it falls under.
    holds : callable
        Whether its numbers are the student's.
    raises, well : callable or None
        Whether it speaks for a contact, or for the student; None where it may not be said so at all.
    """

    pattern: str
    signal: str
    holds: Callable[[Groups, Figures], bool]
    raises: Callable[[Groups, Figures], bool] | None = None
    well: Callable[[Groups, Figures], bool] | None = None


VISITS = rf"{A} visits? to the school nurse"

FORMS = (
    Form(
        rf"Absent {A} of {B} {DAYS} this year \({P}\)",
        "attendance",
        this_year,
        rate_at_least("absence_rate"),
        rate_below("absence_rate"),
    ),
    Form(
        rf"Absent {A} of {B} {DAYS} this year \({P}\); {Q} of the grade at school on those days",
        "attendance",
        with_the_grade,
        rate_at_least("absence_rate"),
    ),
    Form(
        rf"No absence in {B} {DAYS} this year",
        "attendance",
        lambda text, figures: figures["absence_days"] == 0 and number(text["b"], figures["days_enrolled"]),
        well=always,
    ),
    Form(
        rf"Excused absence on {A} of {B} {DAYS} this year",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "excused_rate"),
        rate_at_least("excused_rate"),
    ),
    Form(
        rf"Absent {A_OR_P} of the last {B} {DAYS}{BEFORE}",
        "attendance",
        last_days,
        last_days_rise,
        last_days_fall,
    ),
    Form(
        rf"Absent {A_OR_P} of the first 20 school days(?P<enrolled> enrolled)?",
        "attendance",
        first_days,
        rate_at_least("first_month_rate"),
    ),
    Form(
        rf"No absence in the (?P<first>first|last) {B} school days(?P<enrolled> enrolled)?",
        "attendance",
        none_in_window,
        well=always,
    ),
    Form(
        rf"(?:{A}|No) absences? to spare in the {B} {DAYS} that remains?(?:; about {C} at this pace)?",
        "attendance",
        to_spare,
        little_to_spare,
        enough_to_spare,
    ),
    Form(
        rf"Absent {P} of school days {WHENS}",
        "attendance",
        lambda text, figures: in_percent(text["p"], figures[WHEN[text["when"]]]),
        lambda text, figures: figures[WHEN[text["when"]]] >= BOUND,
        lambda text, figures: 0 < figures[WHEN[text["when"]]] < BOUND,
    ),
    Form(
        rf"No absence {WHENS}",
        "attendance",
        lambda text, figures: figures[WHEN[text["when"]]] == 0,
        well=always,
    ),
    Form(
        rf"Absent {P} of school days this year and {Q} last year",
        "attendance",
        lambda text, figures: (
            in_percent(text["p"], figures["absence_rate"])
            and in_percent(text["q"], figures["last_year_rate"])
        ),
        lambda _, figures: min(figures["absence_rate"], figures["last_year_rate"]) >= BOUND,
        lambda _, figures: max(figures["absence_rate"], figures["last_year_rate"]) < BOUND,
    ),
    Form(
        rf"Absent {P} of school days this year; {Q} up to this point of last year",
        "attendance",
        lambda text, figures: (
            in_percent(text["p"], figures["absence_rate"])
            and in_percent(text["q"], figures["last_year_same_period_rate"])
        ),
        lambda _, figures: figures["absence_rate"] >= BOUND and figures["change_from_last_year"] > 0,
        lambda _, figures: figures["absence_rate"] <= figures["last_year_same_period_rate"] / 2,
    ),
    Form(
        rf"Unexcused absence on {P} of school days last year",
        "attendance",
        lambda text, figures: in_percent(text["p"], figures["last_year_unexcused_rate"]),
        rate_at_least("last_year_unexcused_rate"),
    ),
    Form(
        rf"Unexcused absence on {A} of {B} {DAYS} this year",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "unexcused_rate"),
        lambda _, figures: figures["unexcused_rate"] > 0,
    ),
    Form(
        rf"Unexcused absence on {A_OR_P} of the last 20 school days{BEFORE}",
        "attendance",
        unexcused_lately,
        lambda _, figures: figures["unexcused_rate_last_20"] > 0,
    ),
    Form(
        rf"No unexcused absence in {B} {DAYS} this year",
        "attendance",
        lambda text, figures: figures["unexcused_rate"] == 0 and number(text["b"], figures["days_enrolled"]),
        well=always,
    ),
    Form(
        rf"Absence on each of the last {A} school days",
        "attendance",
        lambda text, figures: number(text["a"], figures["current_streak"]) and figures["current_streak"] > 1,
        always,
    ),
    Form(
        rf"{A} separate absences this year, (?:the longest {B} {DAYS}|each a single school day)",
        "attendance",
        separate,
        rate_at_least("absence_rate"),
    ),
    Form(
        rf"One absence of {A} school days in a row this year",
        "attendance",
        lambda text, figures: number(text["a"], figures["longest_streak"]) and figures["absence_spells"] == 1,
        rate_at_least("absence_rate"),
    ),
    Form(
        rf"{A} of the {B} days absent this year fell on Mondays or Fridays",
        "attendance",
        some_of_absence("monday_friday_share", 0.5),
        rate_at_least("absence_rate"),
    ),
    Form(
        rf"{A} of the {B} days absent this year were next to a holiday or break",
        "attendance",
        some_of_absence("around_break_share", 0.2),
        rate_at_least("absence_rate"),
    ),
    Form(
        rf"Tardy on {A} of {B} {DAYS} this year",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "tardy_rate"),
        rate_at_least("tardy_rate"),
    ),
    Form(
        rf"Missed part of the day on {A} of {B} {DAYS} this year",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "part_day_rate"),
        rate_at_least("part_day_rate"),
    ),
    Form(
        rf"Out of class through suspension on {A} of {B} {DAYS} this year",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "suspension_rate"),
        lambda _, figures: figures["suspension_rate"] > 0,
    ),
    Form(
        rf"Never tardy in {B} {DAYS} this year",
        "attendance",
        lambda text, figures: figures["tardy_rate"] == 0 and number(text["b"], figures["days_enrolled"]),
        well=always,
    ),
    Form(
        rf"Tardy on {P} of school days last year",
        "attendance",
        lambda text, figures: in_percent(text["p"], figures["last_year_tardy_rate"]),
        rate_at_least("last_year_tardy_rate"),
    ),
    Form(
        rf"{VISITS} this year(?:; sent home after (?P<home>it|\d+ of them))?", "nurse", nurse_visits, always
    ),
    Form(
        rf"{VISITS} in the last (?P<b>20|40) school days",
        "nurse",
        lambda text, figures: number(text["a"], figures[f"nurse_visits_last_{text['b']}"]),
        always,
    ),
    Form(
        rf"Sent home after {VISITS} in the last 20 school days",
        "nurse",
        count("nurse_sent_home_last_20"),
        always,
    ),
    Form(
        rf"Visits to the school nurse on {A} days? this year with an absence in the 3 school days after",
        "nurse",
        count("nurse_visits_before_absence"),
        always,
    ),
    Form(rf"{VISITS} last year", "nurse", count("nurse_visits_last_year"), always),
    Form(
        rf"{A} schools (?P<when>this|last) year",
        "roster",
        lambda text, figures: number(text["a"], figures[f"schools_{text['when']}_year"]),
        lambda text, _: float(text["a"]) > 1,
    ),
    Form(
        rf"Entered after {A} {DAYS} of the year",
        "roster",
        count("days_missed_before_entry"),
        always,
    ),
    Form(
        "Not enrolled in the district last year",
        "roster",
        lambda _, figures: figures["enrolled_last_year"] == 0,
        always,
    ),
)


def form_of(sentence: str) -> tuple[Form, Groups]:
    """Return the one form of a sentence and the numbers in it."""
    found = [(form, match) for form in FORMS if (match := re.fullmatch(form.pattern, sentence))]
    assert len(found) == 1, f"{len(found)} forms fit: {sentence}"
    form, match = found[0]
    return form, {"a": None, "b": None, "c": None, "d": None, "p": None, "q": None} | match.groupdict()


def check(sentence: str, figures: Figures, policy: tuple[str, ...], *, well: bool) -> Form:
    """Hold one sentence against the figures, the policy, the side on which it stands, and the words."""
    form, text = form_of(sentence)
    assert form.signal in policy, sentence
    assert form.holds(text, figures), f"not this student's figures: {sentence}"
    speaks = form.well if well else form.raises
    assert speaks is not None, f"on the wrong side: {sentence}"
    assert speaks(text, figures), f"speaks the other way: {sentence}"
    check_words(sentence)
    return form


FORBIDDEN = (
    r"because|due to|caus|leads? to|led to|result|owing|thanks to|therefore|explain|"
    r"meals?|lunch|breakfast|free|reduced|paid|mental|illness|injur|medic|condition|"
    r"risk|fail|flag|truan|drop.?out|nan|inf\b"
)


def check_words(sentence: str) -> None:
    """No cause, no meal, no kind of visit, no fate; singular and plural agree with their number."""
    assert not re.search(FORBIDDEN, sentence, flags=re.IGNORECASE), sentence
    nouns = "absence|visit|school day"
    assert not re.search(rf"(?<![\d.])1 (?:{nouns}|day|school)s\b", sentence), sentence
    assert not re.search(rf"(?<![\d.])(?!1 )\d+(?:\.\d+)? (?:{nouns})\b", sentence), sentence
    for part, whole in re.findall(r"(\d+(?:\.\d+)?) of (?:the (?:last |first )?)?(\d+)\b(?!%)", sentence):
        assert 0 < float(part) <= float(whole), sentence
