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
    days_of_year,
    earlier_year,
    enough_to_spare,
    first_days,
    in_a_row,
    in_percent,
    last_days,
    last_days_fall,
    last_days_rise,
    lately,
    little_to_spare,
    none_in_window,
    none_of,
    number,
    nurse_visits,
    own_last_year,
    rate_at_least,
    rate_below,
    separate,
    some_of_absence,
    this_year,
    to_spare,
    unexcused_lately,
    whole_so_far,
    with_the_grade,
)

A, B, C, D = (rf"(?P<{name}>\d+(?:\.\d+)?)" for name in "abcd")
P, Q = (rf"(?P<{name}>\d+%|less than 1%)" for name in "pq")
BEFORE = rf"(?:; (?:none|{C}) of the {D} before)?"
DAYS = "school days?"
OWN = "(?P<own> enrolled)?"
EXEMPT = r"(?P<x>\d+) exempt days? not counted"
OF_YEAR = rf"{B} {DAYS}{OWN} this year(?: \({EXEMPT}\))?"
ABSENT = rf"Absent {A} of {B} {DAYS}{OWN} this year \({P}(?:; {EXEMPT})?\)"
NO = "No (?P<part>whole day of )?"

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
        ABSENT,
        "attendance",
        this_year,
        rate_at_least("absence_rate"),
        rate_below("absence_rate"),
    ),
    Form(
        rf"{ABSENT}; {Q} of the grade at school on those days",
        "attendance",
        with_the_grade,
        rate_at_least("absence_rate"),
    ),
    Form(
        rf"{NO}absence in {OF_YEAR}",
        "attendance",
        lambda text, figures: (
            none_of(text, figures["absence_days"], figures["part_day_rate"]) and days_of_year(text, figures)
        ),
        well=always,
    ),
    Form(
        rf"Excused absence on {A} of {OF_YEAR}",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "excused_rate"),
        rate_at_least("excused_rate"),
    ),
    Form(
        rf"Absent {A} of the last {B} {DAYS}{BEFORE}",
        "attendance",
        last_days,
        last_days_rise,
        last_days_fall,
    ),
    Form(
        rf"Absent {A} of the first 20 school days{OWN}",
        "attendance",
        first_days,
        rate_at_least("first_month_rate"),
    ),
    Form(
        rf"{NO}absence in the (?P<first>first|last) {B} school days{OWN}",
        "attendance",
        none_in_window,
        none_of,
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
        rf"Absent {P} of school days{OWN} {WHENS}",
        "attendance",
        earlier_year,
        lambda text, figures: figures[WHEN[text["when"]]] >= BOUND,
        lambda text, figures: 0 < figures[WHEN[text["when"]]] < BOUND,
    ),
    Form(
        rf"{NO}absence(?P<own> while enrolled)? {WHENS}",
        "attendance",
        earlier_year,
        well=always,
    ),
    Form(
        rf"Absent {P} of school days this year and {Q} last year",
        "attendance",
        lambda text, figures: (
            in_percent(text["p"], figures["absence_rate"])
            and in_percent(text["q"], figures["last_year_rate"])
            and whole_so_far(figures)
            and figures["last_year_whole"] == 1
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
            and whole_so_far(figures)
            and figures["last_year_whole"] == 1
        ),
        lambda _, figures: figures["absence_rate"] >= BOUND and figures["change_from_last_year"] > 0,
        lambda _, figures: (
            figures["absence_rate"] <= figures["last_year_same_period_rate"] / 2
            and figures["absence_rate"] < BOUND
        ),
    ),
    Form(
        rf"Unexcused absence on {P} of school days{OWN} last year",
        "attendance",
        lambda text, figures: (
            in_percent(text["p"], figures["last_year_unexcused_rate"]) and own_last_year(text, figures)
        ),
        rate_at_least("last_year_unexcused_rate"),
    ),
    Form(
        rf"Unexcused absence on {A} of {OF_YEAR}",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "unexcused_rate"),
        lambda _, figures: figures["unexcused_rate"] > 0,
    ),
    Form(
        rf"Unexcused absence on {A} of the last 20 school days{BEFORE}",
        "attendance",
        unexcused_lately,
        lambda _, figures: figures["unexcused_rate_last_20"] > 0,
    ),
    Form(
        rf"{NO}unexcused absence in {OF_YEAR}",
        "attendance",
        lambda text, figures: (
            none_of(text, figures["unexcused_rate"], figures["part_day_rate"]) and days_of_year(text, figures)
        ),
        well=always,
    ),
    Form(
        rf"Absence on each of the last {A} school days",
        "attendance",
        lambda text, figures: (
            number(text["a"], figures["current_streak"])
            and 1 < figures["current_streak"] <= figures["unbroken_days"]
        ),
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
        in_a_row,
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
        rf"Tardy on {A} of {OF_YEAR}",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "tardy_rate"),
        rate_at_least("tardy_rate"),
    ),
    Form(
        rf"Missed part of the day on {A} of {OF_YEAR}",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "part_day_rate"),
        rate_at_least("part_day_rate"),
    ),
    Form(
        rf"Out of class through suspension on {A} of {OF_YEAR}",
        "attendance",
        lambda text, figures: counted_over_year(text, figures, "suspension_rate"),
        lambda _, figures: figures["suspension_rate"] > 0,
    ),
    Form(
        rf"Never tardy in {OF_YEAR}",
        "attendance",
        lambda text, figures: figures["tardy_rate"] == 0 and days_of_year(text, figures),
        well=always,
    ),
    Form(
        rf"Tardy on {P} of school days{OWN} last year",
        "attendance",
        lambda text, figures: (
            in_percent(text["p"], figures["last_year_tardy_rate"]) and own_last_year(text, figures)
        ),
        rate_at_least("last_year_tardy_rate"),
    ),
    Form(
        rf"{VISITS} this year(?:; sent home after (?P<home>it|\d+ of them))?", "nurse", nurse_visits, always
    ),
    Form(
        rf"{VISITS} in the last (?P<b>20|40) school days",
        "nurse",
        lambda text, figures: lately(text, figures, f"nurse_visits_last_{text['b']}", float(text["b"])),
        always,
    ),
    Form(
        rf"Sent home after {VISITS} in the last 20 school days",
        "nurse",
        lambda text, figures: lately(text, figures, "nurse_sent_home_last_20", 20),
        always,
    ),
    Form(
        rf"Visits to the school nurse on {A} days? this year with an absence in the 3 school days after",
        "nurse",
        lambda text, figures: (
            count("nurse_visits_before_absence")(text, figures)
            and figures["unbroken_days"] == figures["clock_days"]
        ),
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
    return form, dict.fromkeys(("a", "b", "c", "d", "p", "q", "x", "own", "part")) | match.groupdict()


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
