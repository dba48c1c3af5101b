"""A code means what it says, or what a person decides; what most systems mean by it is only a comment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ews.config import GRADES
from ews.extracts.schema import TABLES
from ews.sources import KINDS
from ews.survey.meanings import meaning_of
from tests.survey.small import STUDENTS, attendance, folder_with, proposed, source

CODED = [(table.name, column.name) for table in TABLES for column in table.columns if column.values]
CODED += [("attendance", "code")]
WORDS = {
    (table.name, column.name): column.values for table in TABLES for column in table.columns if column.values
} | {("attendance", "code"): KINDS}

_EVERYDAY = (
    *("A", "E", "T", "P", "U", "S", "I", "X", "UA", "EX", "ISS", "OSS", "TDY", "HB"),
    *("K", "PK", "0", "1", "09", "12", "F", "R", "Y", "N"),
    *("absent", "present", "Tardy", "Home", "sick", "Unexcused", "free"),
)
texts = st.one_of(st.sampled_from(_EVERYDAY), st.text(min_size=1, max_size=12))


def says(word: str, code: str) -> bool:
    """Whether a code is a word of the contract, letter by letter, spaces and hyphens aside."""
    letters = [char for char in code.strip().lower() if char not in " -_\t\n\r\f\v"]
    return letters == [char for char in word.lower() if char != "_"]


@given(code=texts, place=st.sampled_from(CODED))
def test_a_meaning_is_taken_only_from_a_code_that_says_it(code: str, place: tuple[str, str]) -> None:
    meaning = meaning_of(*place, code)
    if meaning.value and place[1] == "grade" and code.isdigit():
        assert int(code) == int(meaning.value)
    elif meaning.value:
        assert says(meaning.value, code)
    else:
        assert not any(code == word for word in WORDS[place])


@given(place=st.sampled_from(CODED), data=st.data())
def test_the_contract_s_own_words_mean_themselves_in_any_case(
    place: tuple[str, str], data: st.DataObject
) -> None:
    word = data.draw(st.sampled_from(WORDS[place]))
    spelled = data.draw(st.sampled_from([word, word.upper(), word.title(), word.replace("_", " ")]))
    assert meaning_of(*place, spelled).value == word


@given(code=texts, place=st.sampled_from(CODED))
def test_a_suggestion_is_one_of_the_contract_s_words(code: str, place: tuple[str, str]) -> None:
    suggestion = meaning_of(*place, code).suggestion
    assert not suggestion or suggestion in WORDS[place]


@pytest.mark.parametrize("seed", range(2))
def test_no_attendance_code_of_a_district_gets_a_meaning_of_ours(tmp_path: Path, seed: int) -> None:
    codes = tuple(_EVERYDAY[seed::2])
    folder = folder_with(
        tmp_path / "in", {"a.csv": attendance(codes=codes, students=range(1, 40)), "s.csv": STUDENTS}
    )
    mapped = source(proposed(folder), "attendance")["codes"]
    assert set(mapped) == set(codes)
    assert {meaning for code, meaning in mapped.items() if code.lower() not in KINDS} == {"TODO"}
    assert {code: mapped[code] for code in codes if code.lower() in KINDS} == {
        code: code.lower() for code in codes if code.lower() in KINDS
    }


def test_every_code_stands_with_its_rows_and_its_share(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {"a.csv": attendance(codes=("A", "A", "E")), "s.csv": STUDENTS})
    entries = proposed(folder).tables["attendance"].codes["code"]
    assert list(entries) == ["A", "E"]
    assert entries["A"].remark == "16 rows (66.7%); often absent_unexcused"
    assert entries["E"].remark == "8 rows (33.3%); often absent_excused"


def test_codes_that_yaml_would_misread_stay_what_they_are(tmp_path: Path) -> None:
    """NO is no boolean, 1e3 no number, and a hash no comment."""
    codes = ("NO", "null", "1e3", "#", "007", "-", "on", "*x")
    folder = folder_with(tmp_path / "in", {"a.csv": attendance(codes=codes), "s.csv": STUDENTS})
    assert set(source(proposed(folder), "attendance")["codes"]) == set(codes)


def test_grades_written_with_digits_are_grades_and_others_are_left_open(tmp_path: Path) -> None:
    grades = ["K", "1", "02", "3", "10", "KG"] * 4
    rows = "".join(f"{n:06d},0101,2025-08-20,2026,{grade}\n" for n, grade in enumerate(grades, 1))
    content = f"student_id,school_id,entry_date,school_year,grade\n{rows}"
    folder = folder_with(tmp_path / "in", {"e.csv": content, "s.csv": STUDENTS})
    assert source(proposed(folder), "enrollments")["codes"]["grade"] == {"K": "TODO", "1": "01", "3": "03"}


def test_single_digits_alone_need_no_mapping(tmp_path: Path) -> None:
    grades = ["KG", "1", "2", "10"] * 4
    rows = "".join(f"{n:06d},0101,2025-08-20,2026,{grade}\n" for n, grade in enumerate(grades, 1))
    content = f"student_id,school_id,entry_date,school_year,grade\n{rows}"
    folder = folder_with(tmp_path / "in", {"e.csv": content, "s.csv": STUDENTS})
    assert "codes" not in source(proposed(folder), "enrollments")
    assert "1" not in GRADES


def test_a_day_type_that_is_not_true_or_false_is_for_a_person(tmp_path: Path) -> None:
    days = ["Instructional day", "Holiday"]
    rows = "".join(f"0101,2025-09-{day:02d},2026,{days[day % 7 > 5]}\n" for day in range(1, 29))
    content = f"school_id,date,school_year,Day Type\n{rows}"
    proposal = proposed(folder_with(tmp_path / "in", {"c.csv": content, "s.csv": STUDENTS}))
    assert source(proposal, "calendar")["codes"]["instructional"] == {
        "Instructional day": "TODO",
        "Holiday": "TODO",
    }
    assert "often true" in proposal.tables["calendar"].codes["instructional"]["Instructional day"].remark


def test_use_stays_the_district_s_decision(tmp_path: Path) -> None:
    visits = "visit_id,student_id,date,category,disposition\n" + "".join(
        f"V{n},{n:06d},2025-09-08,Illness,sent home\n" for n in range(1, 20)
    )
    meals = "student_id,program,start_date,eligibility\n" + "".join(
        f"{n:06d},Lunch,2025-09-08,{'FR'[n % 2]}\n" for n in range(1, 20)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"v.csv": visits, "m.csv": meals, "s.csv": STUDENTS}))
    assert source(proposal, "nurse_visits")["use"] == "none"
    assert source(proposal, "meal_programs")["use"] == "none"
    assert source(proposal, "nurse_visits")["codes"] == {
        "category": {"Illness": "illness"},
        "disposition": {"sent home": "sent_home"},
    }
    assert source(proposal, "meal_programs")["codes"]["eligibility"] == {"F": "TODO", "R": "TODO"}
