"""Nurse and meal features of one student, sentence by sentence from docs/features.md."""

from __future__ import annotations

from typing import Any

from tests.reference.attendance import clocks_missed
from tests.reference.clock import StudentYear, StudentYears
from tests.reference.known import Known
from tests.reference.settings import Settings

CATEGORIES = ("illness", "injury", "chronic_condition", "mental_health", "medication")
ELIGIBILITY = {"free": 0, "reduced": 1, "paid": 2}


def visits_within(year: StudentYear, student: str, known: Known) -> list[tuple[int, dict[str, Any]]]:
    """The visits on dates inside the merged spells of a student's year, each with its clock."""
    clocks = {day.date: day.clock for day in year.days}
    mine = [visit for visit in known.visits or [] if visit["student_id"] == student]
    return [(clocks[visit["date"]], visit) for visit in mine if visit["date"] in clocks]


def recorded_years(known: Known, years: StudentYears) -> set[int]:
    """The school years with any nurse record that counts."""
    return {year for (student, year), each in years.items() if visits_within(each, student, known)}


def nurse(
    student: str,
    this: StudentYear,
    last: StudentYear,
    known: Known,
    recorded: set[int],
    settings: Settings,
) -> dict[str, int | None]:
    """All nurse features of a student."""
    if known.visits is None or not this.clock:
        return {}
    features: dict[str, int | None] = {}
    if known.year in recorded:
        features |= _this_year(visits_within(this, student, known), this, settings)
    if known.year - 1 in recorded and last.days:
        features["nurse_visits_last_year"] = len(visits_within(last, student, known))
    return features


def _this_year(
    visits: list[tuple[int, dict[str, Any]]], year: StudentYear, settings: Settings
) -> dict[str, int | None]:
    now = year.clock
    sent_home = [clock for clock, visit in visits if visit["disposition"] == "sent_home"]
    troubled = [clock for clock, visit in visits if visit["category"] == "mental_health"]
    missed = clocks_missed(year, settings)
    return {
        "nurse_visits": len(visits),
        "nurse_visits_last_20": sum(clock > now - 20 for clock, _ in visits),
        "nurse_visits_last_40": sum(clock > now - 40 for clock, _ in visits),
        "nurse_sent_home": len(sent_home),
        "nurse_sent_home_last_20": sum(clock > now - 20 for clock in sent_home),
        "nurse_mental_health_last_40": sum(clock > now - 40 for clock in troubled),
        "nurse_visits_before_absence": sum(
            bool({clock + 1, clock + 2, clock + 3} & missed) for clock in {clock for clock, _ in visits}
        ),
        **{f"nurse_{name}": sum(visit["category"] == name for _, visit in visits) for name in CATEGORIES},
        "nurse_days_since_visit": now - max(clock for clock, _ in visits) if visits else None,
    }


def meals(student: str, school: str, known: Known) -> dict[str, int | None]:
    """All meal features of a student of the roster."""
    if known.meals is None:
        return {}
    active = [spell for spell in known.meals if spell["student"] == student]
    newest = max((spell["start"] for spell in active), default=None)
    codes = [
        ELIGIBILITY[spell["eligibility"]]
        for spell in active
        if spell["start"] == newest and spell["eligibility"] != "cep"
    ]
    return {
        "meal_breakfast": int(any(spell["program"] == "breakfast" for spell in active)),
        "meal_lunch": int(any(spell["program"] == "lunch" for spell in active)),
        "meal_eligibility": None if known.cep[school] else min(codes, default=None),
        "school_cep": int(known.cep[school]),
    }
