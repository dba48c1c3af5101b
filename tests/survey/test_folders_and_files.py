"""What lies in a folder: read one level down, nothing outside it, and what cannot be placed is said."""

from __future__ import annotations

import codecs
import datetime as dt
import gzip
import os
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ews.config import load_config
from ews.errors import UsageError
from ews.starter import write_proposed, write_starter
from ews.survey.folder import FoundFile, find_files, form_of
from ews.survey.series import as_series
from ews.survey.table_entries import path_from
from ews.survey.text_layout import text_layout
from tests.survey.small import (
    SCHOOLS,
    STUDENTS,
    attendance,
    document,
    folder_with,
    proposed,
    source,
    why_not,
    written,
)


def test_an_empty_folder_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError, match="it holds no files"):
        write_proposed(tmp_path, tmp_path / "in")
    assert not (tmp_path / "district.yaml").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is not a folder"):
        find_files(tmp_path / "nowhere")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_is_refused_and_a_closed_file_is_said(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {"a.csv": attendance(), "s.csv": STUDENTS})
    (folder / "a.csv").chmod(0)
    assert why_not(proposed(folder), "a.csv") == "this account may not read it"
    folder.chmod(0)
    with pytest.raises(UsageError, match="this account may not read it"):
        find_files(folder)
    folder.chmod(0o700)


def test_what_this_account_may_not_open_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_with(tmp_path / "in", {"a.csv": attendance(), "s.csv": STUDENTS, "sub/b.csv": SCHOOLS})
    opened, listed = Path.open, Path.iterdir

    def closed(path: Path, *rest: object, **more: object) -> object:
        if path.name == "a.csv":
            raise PermissionError
        return opened(path, *rest, **more)  # type: ignore[call-overload]

    def shut(path: Path) -> object:
        if path.name == "sub":
            raise PermissionError
        return listed(path)

    monkeypatch.setattr(Path, "open", closed)
    monkeypatch.setattr(Path, "iterdir", shut)
    proposal = proposed(folder)
    assert why_not(proposal, "a.csv") == why_not(proposal, "sub/") == "this account may not read it"
    monkeypatch.setattr(Path, "iterdir", lambda path: shut(path / "sub"))
    with pytest.raises(UsageError, match="this account may not read it"):
        find_files(folder)


def test_one_level_of_folders_is_read(tmp_path: Path) -> None:
    files = {"one/a.csv": attendance(), "s.csv": STUDENTS, "one/two/c.csv": SCHOOLS}
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert source(proposal, "attendance")["path"] == "in/one/a.csv"
    assert why_not(proposal, "one/two/") == "too deep: one level of folders is read"


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {"s.csv": STUDENTS})
    outside = folder_with(tmp_path / "out", {"a.csv": attendance()})
    (folder / "linked.csv").symlink_to(outside / "a.csv")
    (folder / "linked").symlink_to(outside)
    proposal = proposed(folder)
    assert why_not(proposal, "linked.csv") == "a link that leads out of the folder"
    assert why_not(proposal, "linked/") == "a link to a folder; links are not followed"
    assert source(proposal, "attendance")["path"] == "TODO"


def test_files_of_other_kinds_are_named_with_the_reason(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "s.csv": STUDENTS,
        "letter.docx": b"PK",
        "empty.csv": b"",
        "header.csv": "student_id,school_id,date,code\n",
        "other.xml": "<x/>",
        ".hidden.csv": attendance(),
        "~$open.xlsx": b"x",
        "bytes.csv": bytes(range(256)) * 20,
    }
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert {each.file: each.why for each in proposal.unplaced} == {
        "bytes.csv": "it is not text",
        "empty.csv": "the file is empty",
        "header.csv": "it holds a header and no rows",
        "letter.docx": "not a kind of file that is read here",
        "other.xml": "XML that no profile reads",
    }
    assert "#   letter.docx: not a kind of file that is read here" in written(proposal)
    assert proposal.summary()[0].startswith("1 of 6 files placed")


@pytest.mark.parametrize(
    ("name", "form"),
    [("A.CSV", "text"), ("a.tsv.gz", "text"), ("a.PQ", "parquet"), ("a.xlsx", "workbook"), ("a.xls", None)],
)
def test_a_file_is_told_by_the_end_of_its_name(name: str, form: str | None) -> None:
    assert form_of(name) == form


@pytest.mark.parametrize("place", ["Ñandú – März of spring", "it's [2025] *new*, a;b#c: d"])
def test_names_of_folders_and_files_are_any_text(tmp_path: Path, place: str) -> None:
    files = {f"{place} att.csv": attendance(), "s.csv": STUDENTS}
    proposal = proposed(folder_with(tmp_path / place, files))
    path = source(proposal, "attendance")["path"]
    assert path == f"{place}/{place} att.csv"
    assert (tmp_path / path).is_file()


def test_a_pattern_is_meant_in_its_folder_whatever_the_folder_s_name(tmp_path: Path) -> None:
    days = ("2025-09-08", "2025-09-09")
    files = {f"att [{day}].csv": attendance(days=(day,)) for day in days}
    proposal = proposed(folder_with(tmp_path / "in [2025]", files | {"s.csv": STUDENTS}))
    entry = source(proposal, "attendance")
    found = [path.name for path in tmp_path.glob(entry["path"])]
    assert sorted(found) == ["att [2025-09-08].csv", "att [2025-09-09].csv"]


@pytest.mark.parametrize("beside", ["deep", ".", "deep/in", "other", "deep/in/config"])
def test_paths_are_meant_from_the_configuration(tmp_path: Path, beside: str) -> None:
    lead = path_from(tmp_path / beside, tmp_path / "deep" / "in")
    assert not lead.startswith("/")
    meant = os.path.normpath(tmp_path / beside / f"{lead}a.csv")
    assert meant == str(tmp_path / "deep" / "in" / "a.csv")


def test_files_of_every_day_are_one_source_that_arrives_one_by_one(tmp_path: Path) -> None:
    days = ("2025-09-08", "2025-09-09", "2025-09-10")
    files = {f"attendance_{day}.csv": attendance(days=(day,)) for day in days}
    proposal = proposed(folder_with(tmp_path / "in", files | {"s.csv": STUDENTS}))
    entry = source(proposal, "attendance")
    assert entry["path"] == "in/attendance_*.csv"
    assert (entry["arrival"], entry["name_date"]) == ("one_by_one", "attendance_%Y-%m-%d.csv")
    assert proposal.tables["attendance"].found == "attendance_2025-09-08.csv and 2 more like it"
    assert proposal.placed == 4


@pytest.mark.parametrize(
    ("names", "forms"),
    [
        (("a20250908.csv", "a20250909.csv"), ("a%Y%m%d.csv",)),
        (("a_09-08-2025.csv", "a_09-13-2025.csv"), ("a_%m-%d-%Y.csv",)),
        (("a_09-08-2025.csv", "a_09-10-2025.csv"), ("a_%d-%m-%Y.csv", "a_%m-%d-%Y.csv")),
        (("100%_2025.09.08.csv", "100%_2025.09.09.csv"), ("100%%_%Y.%m.%d.csv",)),
        (("a_2025-09-08.csv", "a_2025-13-13.csv"), ()),
        (("school1_2025-09-08.csv", "school2_2025-09-08.csv"), ()),
        (("a2024.csv", "a2025.csv"), ()),
    ],
)
def test_dates_in_names_are_read_in_the_form_that_fits_all(
    names: tuple[str, ...], forms: tuple[str, ...]
) -> None:
    files = [FoundFile(Path(name), name, "text") for name in names]
    assert as_series(files, files).name_dates == forms


def test_a_day_without_news_is_part_of_the_series(tmp_path: Path) -> None:
    """A file with a header alone belongs to its pattern; only alone it says nothing."""
    files = {f"att_2025-09-0{day}.csv": attendance() for day in (8, 9)}
    files["att_2025-09-07.csv"] = attendance().splitlines()[0] + "\n"
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert source(proposal, "attendance")["path"] == "in/att_*.csv"
    assert proposal.placed == 3


def test_an_undecided_date_in_names_is_for_a_person(tmp_path: Path) -> None:
    files = dict.fromkeys(("a_09-08-2025.csv", "a_09-10-2025.csv"), attendance())
    entry = source(proposed(folder_with(tmp_path / "in", files)), "attendance")
    assert (entry["path"], entry["name_date"]) == ("in/a_*.csv", "TODO")


def test_numbered_parts_are_read_together(tmp_path: Path) -> None:
    files = {f"part{number}.csv": attendance() for number in (1, 2, 10)}
    entry = source(proposed(folder_with(tmp_path / "in", files)), "attendance")
    assert entry["path"] == "in/part*.csv"
    assert "arrival" not in entry


def test_a_pattern_never_takes_in_another_table(tmp_path: Path) -> None:
    files = {"export1.csv": attendance(), "export2.csv": STUDENTS, "export3.csv": attendance()}
    proposal = proposed(folder_with(tmp_path / "in", files))
    entry = proposal.tables["attendance"].settings["path"]
    assert entry.value == "TODO"
    assert "export1.csv, export3.csv and nothing else" in entry.remark


def test_two_different_files_for_one_table_are_for_a_person(tmp_path: Path) -> None:
    files = {
        "old.csv": attendance(header="StudentID,SchoolID,AttDate,Att_Code"),
        "new.csv": attendance(header="Student_Number,School_Number,Absence_Date,Absence_Code"),
    }
    entry = proposed(folder_with(tmp_path / "in", files)).tables["attendance"].settings["path"]
    assert (entry.value, entry.remark) == ("TODO", "equally good: new.csv, old.csv")


def test_a_file_that_could_be_either_of_two_tables_is_for_a_person(tmp_path: Path) -> None:
    """A reason may be one of absence or of a visit; the name of the file speaks for the nurse."""
    rows = "".join(f"{n:06d},2025-09-08,{'AB'[n % 2]}\n" for n in range(1, 30))
    files = {"nurse_visits.csv": f"student_id,date,reason\n{rows}", "s.csv": STUDENTS}
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert why_not(proposal, "nurse_visits.csv") == "it could be attendance or nurse_visits: place it by hand"


def test_a_missing_table_says_what_is_needed(tmp_path: Path) -> None:
    proposal = proposed(folder_with(tmp_path / "in", {"s.csv": STUDENTS}))
    entry = proposal.tables["calendar"].settings["path"]
    assert entry.value == "TODO"
    assert "school_id, date, school_year and instructional" in entry.remark
    assert "  # nurse_visits: no file here looks like it, and none is needed" in written(proposal)
    assert "  calendar (no file here looks like it): path, delivery" in proposal.summary()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (STUDENTS.encode(), None),
        (codecs.BOM_UTF8 + STUDENTS.encode(), None),
        (STUDENTS.replace("F\n", "É\n").encode(), None),
        (STUDENTS.replace("F\n", "É\n").encode("cp1252"), "cp1252"),
        (STUDENTS.replace("F\n", "\x81É\n").encode("latin-1"), "latin-1"),
        (STUDENTS.encode("utf-16"), "utf-16"),
        (STUDENTS.encode("utf-16-le"), "utf-16-le"),
        (STUDENTS.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_an_encoding_is_told_or_suggested(tmp_path: Path, content: bytes, encoding: str | None) -> None:
    layout = text_layout(folder_with(tmp_path, {"s.csv": content}) / "s.csv")
    assert layout is not None
    assert layout.encoding == (encoding or "utf-8")
    by_mark = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    assert layout.sure == (encoding is None or by_mark)
    assert layout.lines[0] == ("student_id", "sex")


def test_a_suggested_encoding_is_for_a_person_to_confirm(tmp_path: Path) -> None:
    content = STUDENTS.replace("F\n", "É\n").encode("cp1252")
    entry = proposed(folder_with(tmp_path / "in", {"s.csv": content})).tables["students"].settings["encoding"]
    assert entry.value == "cp1252"
    assert entry.remark.startswith("please confirm")


def test_a_letter_far_down_a_large_file_tells_its_encoding(tmp_path: Path) -> None:
    rows = b"000001,F\n" * 700_000 + b"000002,\xc9\n" * 20_000
    layout = text_layout(folder_with(tmp_path, {"s.csv": b"student_id,sex\n" + rows}) / "s.csv")
    assert layout is not None
    assert layout.encoding == "cp1252"


def test_a_last_line_without_an_end_is_for_a_person(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "s.csv": STUDENTS.removesuffix("\n"),
        "a.csv.gz": gzip.compress(attendance().removesuffix("\n").encode(), mtime=0),
        "b.csv": SCHOOLS,
    }
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert source(proposal, "students")["final_newline"] == "TODO"
    assert source(proposal, "attendance")["final_newline"] == "TODO"
    assert "final_newline" not in source(proposal, "schools")


def test_commas_inside_quotes_are_no_delimiter(tmp_path: Path) -> None:
    students = "student_id;sex;race_ethnicity\n" + "".join(
        f'{n:06d};F;"Asian, Pacific Islander, or {n % 3}"\n' for n in range(40)
    )
    assert source(proposed(folder_with(tmp_path / "in", {"s.csv": students})), "students")["delimiter"] == ";"


def test_a_workbook_with_several_sheets_names_the_sheet(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for title, text in (("Kids", STUDENTS), ("Att & <1>", attendance()), ("Notes", "to do\ncall\n")):
        sheet = workbook.create_sheet(title)
        for line in text.splitlines():
            sheet.append(line.split(","))
    workbook.remove(workbook.worksheets[0])
    (tmp_path / "in").mkdir()
    workbook.save(tmp_path / "in" / "book.xlsx")
    proposal = proposed(tmp_path / "in")
    assert source(proposal, "students")["sheet"] == "Kids"
    assert source(proposal, "attendance")["sheet"] == "Att & <1>"
    assert "book.xlsx [Notes]" in {each.file for each in proposal.unplaced}


def test_parquet_needs_no_form_for_its_dates(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {"s.csv": STUDENTS})
    days = [dt.date(2025, 9, 1) + dt.timedelta(days=at % 20) for at in range(40)]
    cells = {
        "StudentNumber": [f"{number:06d}" for number in range(1, 41)],
        "SchoolID": ["0101"] * 40,
        "AttDate": days,
        "Att_Code": ["A", "E"] * 20,
    }
    pq.write_table(pa.table(cells), folder / "a.parquet")
    entry = source(proposed(folder), "attendance")
    assert entry["path"] == "in/a.parquet"
    assert "date_format" not in entry
    assert "encoding" not in entry


def test_a_name_cannot_break_out_of_its_comment(tmp_path: Path) -> None:
    """A line break in the name of a file or of a column stays inside the comment."""
    students = 'student_id,sex,"x\nsources: {}\n"\n' + "".join(f"{n:06d},F,\n" for n in range(1, 41))
    files = {"s.csv": students, "bad\naudit: {}\n.docx": "x"}
    proposal = proposed(folder_with(tmp_path / "in", files))
    read = document(proposal)
    assert set(read["sources"]) == {"schools", "calendar", "students", "enrollments", "attendance"}
    assert set(read["audit"]) == {"sensitive", "tolerance", "min_group"}


def test_a_column_s_name_is_read_back_as_it_stands(tmp_path: Path) -> None:
    header = "Student ID,School #,Att: Date,\"Att 'Code'\""
    content = attendance(header=header)
    read = source(proposed(folder_with(tmp_path / "in", {"a.csv": content, "s.csv": STUDENTS})), "attendance")
    assert set(read["columns"].values()) <= {"Student ID", "School #", "Att: Date", "Att 'Code'", "TODO"}
    assert read["columns"]["date"] == "Att: Date"


def test_the_starter_without_from_still_loads(tmp_path: Path) -> None:
    assert load_config(write_starter(tmp_path)).district == "My School District"
