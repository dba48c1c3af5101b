"""Files of a known system are read by its profile; the profiles' own lists of columns tell them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ews.config import load_config
from ews.extracts.profiles import resolve
from ews.extracts.schema import TABLES
from ews.starter import write_proposed
from ews.survey.proposal import Proposal
from tests.survey.small import document, folder_with, proposed, source, why_not, written

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "edfi-grand-bend"


def lines(header: str, rows: Sequence[Sequence[Any]]) -> str:
    return "\n".join([header, *(",".join(str(cell) for cell in row) for row in rows)]) + "\n"


def powerschool() -> dict[str, str]:
    """PowerSchool tables as they are exported, and a nurse's file beside them."""
    students = range(1, 41)
    days = [f"09/{day:02d}/2025" for day in range(1, 29)]
    return {
        "Schools.csv": lines("School_Number,Name,Low_Grade,High_Grade", [("0101", "Alder", 0, 5)]),
        "Calendar_Day.csv": lines("SchoolID,Date_Value,InSession", [("0101", day, 1) for day in days]),
        "Students.csv": lines(
            "ID,Student_Number,SchoolID,EntryDate,ExitDate,Grade_Level,Gender,First_Name,Last_Name,LunchStatus",
            [
                (n, n + 5000, "0101", "08/20/2025", "06/10/2026", n % 6, "F", "Link", "Hyrule", "F")
                for n in students
            ],
        ),
        "ReEnrollments.csv": lines(
            "StudentID,SchoolID,EntryDate,ExitDate,Grade_Level", [(1, "0101", "08/20/2024", "06/10/2025", 0)]
        ),
        "PS_AdaAdm_Daily_Ctod.csv": lines(
            "studentid,schoolid,calendardate,membershipvalue,attendancevalue",
            [(n, "0101", day, 1, int(n % 9 > 0)) for n in students for day in days],
        ),
        "visits.csv": lines(
            "VisitID,Student_Number,VisitDate,ReasonForVisit,Disposition",
            [(f"V{n}", n + 5000, "09/13/2025", "Illness", "Sent home") for n in students],
        ),
    }


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Proposal:
    return proposed(folder_with(tmp_path_factory.mktemp("powerschool") / "in", powerschool()))


def test_powerschool_tables_are_read_by_its_profile_and_the_nurse_s_file_beside_them(
    tables: Proposal,
) -> None:
    read = {
        table: entry.get("profile", entry["path"]) for table, entry in document(tables)["sources"].items()
    }
    assert read == {
        "schools": "powerschool",
        "calendar": "powerschool",
        "students": "powerschool",
        "enrollments": "powerschool",
        "attendance": "powerschool",
        "nurse_visits": "in/visits.csv",
        "directory": "in/Students.csv",
    }
    assert source(tables, "attendance")["path"] == "in"
    assert "please confirm" in tables.tables["attendance"].settings["profile"].remark
    assert tables.unplaced == ()


def test_an_id_beside_a_profile_is_compared_with_the_profile_s_students(tables: Proposal) -> None:
    """Of PowerSchool's two numbers the profile takes Student_Number, so the names are found by it."""
    entry = tables.tables["directory"].columns["student_id"]
    assert entry.value == "Student_Number"
    assert "not ID" in entry.remark


def test_of_a_profile_s_codes_those_that_it_does_not_map_are_for_a_person(tables: Proposal) -> None:
    """PS_AdaAdm_Daily_Ctod says absent, not why: what that counts as is the district's to say."""
    open_codes = tables.tables["attendance"].codes["code"]
    assert {entry.value for entry in open_codes.values()} == {"TODO"}
    assert "present" not in open_codes
    assert any("present 1,008" in note for note in tables.tables["attendance"].notes)


def test_a_proposed_profile_is_one_that_reads_the_folder(tmp_path: Path) -> None:
    path, proposal = write_proposed(tmp_path, folder_with(tmp_path / "in", powerschool()))
    decided = path.read_text(encoding="utf-8").replace("delivery: TODO", "delivery: full")
    read = yaml.safe_load(decided) | {"district": "D", "timezone": "America/Chicago"}
    attendance = read["sources"]["attendance"]
    attendance["codes"] = dict.fromkeys(attendance["codes"], "absent_unexcused")
    path.write_text(yaml.safe_dump(read), encoding="utf-8")
    config = load_config(path)
    for table in TABLES:
        entry = getattr(config.sources, table.name)
        if entry is not None and entry.profile:
            assert resolve(table, entry, config)[1] is not None
    assert proposal.tables["attendance"].to_mend == []


def test_the_columns_of_a_system_under_another_name_are_noticed(tmp_path: Path) -> None:
    files = {"export5.csv": powerschool()["PS_AdaAdm_Daily_Ctod.csv"]}
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert "profile" not in source(proposal, "attendance")
    assert "it has the columns that the profile powerschool reads from files named" in why_not(
        proposal, "export5.csv"
    )


def oneroster() -> dict[str, str]:
    students = range(1, 30)
    return {
        "manifest.csv": lines("propertyName,value", [("oneroster.version", "1.1")]),
        "orgs.csv": lines("sourcedId,name,type,identifier", [("s1", "Alder", "school", "0101")]),
        "users.csv": lines(
            "sourcedId,orgSourcedIds,role,username,givenName,familyName,identifier,grades",
            [(f"u{n}", "s1", "student", f"z{n}", "Link", "Hyrule", n, "03") for n in students],
        ),
        "enrollments.csv": lines(
            "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate",
            [(f"e{n}", "c1", "s1", f"u{n}", "student", "2025-08-20", "2026-06-10") for n in students],
        ),
        "classes.csv": lines("sourcedId,title,schoolSourcedId,termSourcedIds", [("c1", "Math", "s1", "t1")]),
        "academicSessions.csv": lines(
            "sourcedId,title,type,startDate,endDate,schoolYear",
            [("t1", "Year", "schoolYear", "2025-08-20", "2026-06-10", 2026)],
        ),
    }


def test_oneroster_brings_the_roster_and_what_it_lacks_is_said(tmp_path: Path) -> None:
    proposal = proposed(folder_with(tmp_path / "in", oneroster()))
    profiles = {
        table: entry["profile"]
        for table, entry in document(proposal)["sources"].items()
        if "profile" in entry
    }
    assert profiles == dict.fromkeys(("schools", "students", "enrollments"), "oneroster-1.1")
    assert source(proposal, "calendar")["path"] == source(proposal, "attendance")["path"] == "TODO"


def test_a_plain_students_file_is_no_powerschool_export(tmp_path: Path) -> None:
    """One column of a common name tells nothing about the system."""
    files = {"students.csv": lines("Student_Number,Gender", [(n, "F") for n in range(1, 41)])}
    assert "profile" not in source(proposed(folder_with(tmp_path / "in", files)), "students")


@pytest.mark.slow
def test_files_in_another_encoding_are_read_by_a_profile_too(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {**powerschool()}
    files["Students.csv"] = powerschool()["Students.csv"].replace("Hyrule", "Hyrulé").encode("cp1252")
    proposal = proposed(folder_with(tmp_path / "in", files))
    assert source(proposal, "students")["encoding"] == "cp1252"
    assert proposal.tables["students"].to_mend == []


@pytest.mark.slow
def test_what_a_profile_cannot_read_is_to_be_mended(tmp_path: Path) -> None:
    rows = powerschool()["Calendar_Day.csv"].splitlines()
    files = {
        **powerschool(),
        "Calendar_Day.csv": "\n".join([*rows, "0101,09/29/2025,1,surplus,cells"]) + "\n",
    }
    (sentence,) = proposed(folder_with(tmp_path / "in", files)).tables["calendar"].to_mend
    assert sentence.startswith("calendar: ")
    assert "surplus" not in sentence


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the Ed-Fi sample is not beside the repository")
def test_the_ed_fi_sample_is_recognized_and_its_events_are_counted(tmp_path: Path) -> None:
    path, proposal = write_proposed(tmp_path, SAMPLE)
    entry = source(proposal, "attendance")
    assert entry["profile"] == "edfi-5.2"
    assert (path.parent / entry["path"]).resolve() == SAMPLE.resolve()
    (note,) = proposal.tables["attendance"].notes
    assert note.endswith("with their rows: Excused Absence 1,077, Unexcused Absence 773, Tardy 66")
    assert proposal.tables["attendance"].codes["code"]["Partial"].remark.startswith("1 row ")
    assert source(proposal, "enrollments")["path"] == "TODO"
    assert "StudentHealth.xml: XML that no profile reads" in written(proposal)
