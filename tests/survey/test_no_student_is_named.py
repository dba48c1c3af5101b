"""Nothing about a student leaves the survey: not in the configuration, not in the summary, not as data."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ews.survey.headers import why_no_header
from ews.survey.proposal import Proposal
from tests.survey.small import STUDENTS, attendance, folder_with, proposed, written

# Columns whose cells are about one student; codes and what schools share are not among them.
ABOUT_STUDENTS = {
    "export3.csv": ("utf-8-sig", ";", ["StudentNumber", "LastName", "Birth Date", "Guardian Email"]),
    "export4.csv.gz": ("utf-8", ",", ["Stu_ID", "Entry Date"]),
    "export5.csv": ("utf-16", ",", ["PupilID", "AttDate", "Last Modified"]),
    "export6.csv": ("utf-8", "|", ["Visit Number", "Student ID", "Visit Date", "Nurse Comment"]),
}


def everything_said(proposal: Proposal) -> str:
    return "\n".join([written(proposal), *proposal.summary(), json.dumps(proposal.as_dict())])


def cells_about_students(exports: Path) -> Iterator[str]:
    for name, (encoding, delimiter, columns) in ABOUT_STUDENTS.items():
        content = (exports / name).read_bytes()
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode(encoding)
        for row in csv.DictReader(text.splitlines(), delimiter=delimiter):
            yield from (row[column] for column in columns if row[column])


def test_no_cell_about_a_student_is_written_or_shown(exports: Path, eight: Proposal) -> None:
    said = everything_said(eight)
    cells = set(cells_about_students(exports))
    assert len(cells) > 1_000
    assert {cell for cell in cells if cell in said} == set()


def test_a_free_text_is_not_taken_for_a_code(tmp_path: Path) -> None:
    """A reason column with a sentence per row is no list of codes: nothing of it is shown."""
    rows = "".join(f"{n:06d},0101,2025-09-08,Zelda {n} has the flu\n" for n in range(1, 100))
    files = {"a.csv": f"student_id,school_id,date,reason\n{rows}", "s.csv": STUDENTS}
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert "Zelda" not in everything_said(proposal)


def test_sentences_in_a_column_of_codes_leave_the_column_open(tmp_path: Path) -> None:
    """Few different ones, coming again and again, and each too long to be a code."""
    sentence = "Zelda was taken home by her mother who had been called by the office in the morning" * 2
    files = {"a.csv": attendance(codes=("A", sentence)), "s.csv": STUDENTS}
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert "Zelda" not in everything_said(proposal)
    assert proposal.tables["attendance"].columns["code"].value == "TODO"
    assert proposal.tables["attendance"].settings["codes"].value == "TODO"


def test_a_name_among_the_codes_is_counted_and_not_shown(tmp_path: Path) -> None:
    files = {
        "a.csv": attendance(codes=("A", "A", "E")) + "000009,0101,2025-09-08,Zelda has the flu\n",
        "s.csv": STUDENTS,
    }
    said = everything_said(proposed(folder_with(tmp_path / "in", files)))
    assert "Zelda" not in said
    assert "values that are rare or long are not shown (1, in 1 rows)" in said
    assert "A: TODO" in said


def test_words_that_stand_beside_one_student_only_are_not_shown(tmp_path: Path) -> None:
    """A nurse's own label for a child who comes every day is no category."""
    visits = [f"v{n},{n % 9:06d},2025-09-08,Sore throat,home\n" for n in range(90)]
    visits += [f"w{n},000011,2025-09-08,Zelda asthma,home\n" for n in range(20)]
    content = "visit_id,student_id,date,category,disposition\n" + "".join(visits)
    said = everything_said(proposed(folder_with(tmp_path / "in", {"v.csv": content, "s.csv": STUDENTS})))
    assert "Sore throat: TODO" in said
    assert "Zelda" not in said


def test_an_id_among_the_codes_is_not_shown(tmp_path: Path) -> None:
    students = "student_id,sex\n" + "".join(f"z{number},F\n" for number in range(10, 60))
    rows = "".join(
        f"z{number},0101,2025-09-08,{code}\n"
        for number in range(10, 60)
        for code in ("A", f"z{number // 10}0")
    )
    files = {"a.csv": f"student_id,school_id,date,code\n{rows}", "s.csv": students}
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert "z10" not in everything_said(proposal)
    assert "not shown (5, in 50 rows)" in everything_said(proposal)


@pytest.mark.parametrize(
    "content", ["000001,0101,2025-09-08,A\n000002,0101,2025-09-08,E\n", "Zelda,Hyrule\n"]
)
def test_a_first_line_that_is_a_student_s_row_is_not_shown(tmp_path: Path, content: str) -> None:
    proposal = proposed(folder_with(tmp_path / "in", {"a.csv": content, "s.csv": STUDENTS}))
    assert [each.file for each in proposal.unplaced] == ["a.csv"]
    assert not {"Zelda", "Hyrule", "000001"} & set(everything_said(proposal).replace(",", " ").split())


def test_a_header_is_not_believed_when_its_cells_come_again_below() -> None:
    """Two words that are column names elsewhere can be a student's row."""
    assert why_no_header([("Grade", "Building", "Zelda"), ("Third", "Other", "Link")]) == ""
    assert why_no_header([("Grade", "Building", "Zelda"), ("Grade", "Other", "Link")]) != ""


def test_a_broken_file_says_nothing_of_its_cells(tmp_path: Path) -> None:
    packed = gzip.compress(attendance(codes=("Zelda",)).encode(), mtime=0)
    files: dict[str, str | bytes] = {
        "a.csv.gz": packed[:-20],
        "b.parquet": b"PAR1 Zelda",
        "c.xlsx": b"PK Zelda",
        "s.csv": STUDENTS,
    }
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert {each.file for each in proposal.unplaced} == {"a.csv.gz", "b.parquet", "c.xlsx"}
    assert "Zelda" not in everything_said(proposal)


def test_the_columns_that_are_not_read_are_named_without_their_cells(eight: Proposal) -> None:
    assert eight.tables["nurse_visits"].not_read == ("Nurse Comment",)
    assert "# not read: Nurse Comment" in written(eight)
    assert "Birth Date" in eight.tables["students"].not_read
