"""Every sentence of the published lists, held against the extracts' own rows by the slow reference.

The sentences are read from the spreadsheets of a model in service; the figures come from the rows of the
extracts through ``tests/reference``, which shares no code with the features or the sentences.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from ews.features.matrix import build_matrix
from ews.features.unbroken import BESIDE_FEATURES
from ews.model import booster
from ews.model.model_files import read_model
from ews.outreach.reasons import GOING_WELL, REASONS, reasons_of
from ews.store.schema import read_store
from tests.outreach.sentence_forms import check
from tests.outreach.sentence_numbers import number
from tests.pipeline.at_work import AS_OF, AtWork
from tests.reference.absence import days_absent
from tests.reference.attendance import attendance
from tests.reference.beside import beside
from tests.reference.clock import StudentYear, StudentYears, student_years
from tests.reference.known import known_at
from tests.reference.settings import Load, Settings
from tests.reference.standing import standings

SETTINGS = Settings()
EVERYTHING = ("attendance", "nurse", "roster", "meals")


@pytest.fixture(scope="module")
def listed(in_service: AtWork) -> pd.DataFrame:
    """Everyone on a published list, by student, with the sentences of the spreadsheet."""
    books = sorted((in_service.published() / "outreach").glob("*.xlsx"))
    sheets = [pd.read_excel(book, dtype={"student_id": str}, keep_default_na=False) for book in books]
    return pd.concat(sheets, ignore_index=True).set_index("student_id")


@pytest.fixture(scope="module")
def years(in_service: AtWork, listed: pd.DataFrame) -> StudentYears:
    return student_years(known_at([_load(in_service, listed.index)], SETTINGS, AS_OF))


@pytest.fixture(scope="module")
def figures(in_service: AtWork, listed: pd.DataFrame, years: StudentYears) -> dict[str, dict[str, Any]]:
    """Figures by student: attendance and absences to spare by the reference, the rest from the matrix."""
    with read_store(in_service.workspace) as session:
        matrix = build_matrix(session, AS_OF, in_service.config)
    known = known_at([_load(in_service, listed.index)], SETTINGS, AS_OF)
    rows = matrix.features.set_axis(matrix.standing["student_id"]).loc[listed.index]
    found = {}
    for student, row in rows.to_dict("index").items():
        this, last, before = _years_of(years, str(student))
        own = attendance(this, last, before, SETTINGS)
        own |= beside(str(student), years, known)
        given = {name: float("nan") if value is None else float(value) for name, value in own.items()}
        found[str(student)] = {**row, **given}
    return found


def _years_of(years: StudentYears, student: str) -> tuple[StudentYear, StudentYear, StudentYear]:
    this, last, before = (years.get((student, 2026 - ago), StudentYear()) for ago in (0, 1, 2))
    return this, last, before


def _load(district: AtWork, students: pd.Index[str]) -> Load:
    """The extracts as one load: every row of the listed, and of the others what tells the days delivered."""
    rows = {
        name: list(_rows(district, name)) for name in ("schools", "calendar", "enrollments", "attendance")
    }
    newest = (AS_OF - dt.timedelta(days=21)).isoformat()
    chosen = set(students)
    rows["enrollments"] = [row for row in rows["enrollments"] if row["student_id"] in chosen]
    rows["attendance"] = [
        row for row in rows["attendance"] if row["student_id"] in chosen or row["date"] >= newest
    ]
    return Load(dt.datetime(2026, 7, 1), {**rows, "nurse_visits": [], "meal_programs": []})


def _rows(district: AtWork, table: str) -> Iterator[dict[str, str]]:
    with (district.folder / "extracts" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _said(row: pd.Series[Any]) -> Iterator[tuple[str, bool]]:
    for column in (*REASONS, *GOING_WELL):
        if row[column]:
            yield str(row[column]), column in GOING_WELL


def test_every_published_sentence_is_true_by_the_reference(
    in_service: AtWork, listed: pd.DataFrame, figures: dict[str, dict[str, Any]]
) -> None:
    policy = in_service.config.outreach.show_reasons_from
    said = [(student, *each) for student, row in listed.iterrows() for each in _said(row)]
    forms = {check(text, figures[str(student)], policy, well=well).pattern for student, text, well in said}
    assert len(said) > 2 * len(listed) > 50
    assert any(well for _, _, well in said)
    assert len(forms) > 6


def test_counts_of_days_are_counts_of_rows(listed: pd.DataFrame, years: StudentYears) -> None:
    counted = 0
    for student, row in listed.iterrows():
        year, _, _ = _years_of(years, str(student))
        for text, _ in _said(row):
            for absent, days in re.findall(r"Absent ([\d.]+) of the last (\d+)\b", text):
                events = [each for each in year.events if each.clock > year.clock - int(days)]
                assert number(absent, float(days_absent(events, SETTINGS))), text
                counted += 1
            for absent, days in re.findall(
                r"Absent ([\d.]+) of (\d+) school days(?: enrolled)? this year", text
            ):
                assert number(absent, float(days_absent(year.events, SETTINGS))), text
                assert int(days) == year.clock - sum(each.kind == "exempt" for each in year.events)
                counted += 1
    assert counted > 15


def test_absences_to_spare_are_those_of_the_reference(
    in_service: AtWork, listed: pd.DataFrame, years: StudentYears
) -> None:
    known = known_at([_load(in_service, listed.index)], SETTINGS, AS_OF)
    people = {each.student_id: each for each in standings(known, years, SETTINGS)}
    checked = 0
    for student, row in listed.iterrows():
        for text, _ in _said(row):
            if match := re.match(r"(No|\d+) absences? to spare in the (\d+) school day", text):
                person = people[str(student)]
                left = 0 if match[1] == "No" else int(match[1])
                assert (left, int(match[2])) == (person.absences_left, person.days_remaining), text
                checked += 1
    assert checked > 10


def test_everyone_scored_gets_true_sentences_whatever_the_policy_names(in_service: AtWork) -> None:
    """Not only the listed: low scores have more that goes well, and nurse visits are named here."""
    model = read_model(in_service.model_folder(), in_service.manifest()["model"]["digest"])
    with read_store(in_service.workspace) as session:
        matrix = build_matrix(session, AS_OF, in_service.config)
    scored = matrix.scorable().to_numpy()
    features = matrix.features.loc[scored].reset_index(drop=True)
    aside = matrix.standing.loc[scored, list(BESIDE_FEATURES)].reset_index(drop=True)
    shares = booster.contributions(model.text, features)
    for policy in (EVERYTHING, ("nurse",)):
        rows = reasons_of(features, shares, policy, aside)
        students = features.join(aside).to_dict("records")
        signals = {
            check(text, student, policy, well=well).signal
            for student, (_, row) in zip(students, rows.iterrows(), strict=True)
            for text, well in _said(row)
        }
        assert signals <= set(policy) - {"meals"}
        assert "nurse" in signals
