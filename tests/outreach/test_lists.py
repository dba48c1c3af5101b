"""Lists: the contract's columns, one school per file, nothing that runs, the same bytes again."""

from __future__ import annotations

import csv
import io
import re
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ews.outreach.lists import write_index, write_lists
from tests.outreach.page_reading import Page, check_page
from tests.outreach.sample_lists import CANARIES, context, schools, student, two_schools

CONTRACT = (
    "rank,student_id,first_name,last_name,homeroom,grade,section,absences,enrolled_days,absence_rate,"
    "excused_share,absences_left,reason_1,reason_2,reason_3,change"
)
STEP_B = "Check in with the student; ask the family what would help."
REASONS = "Missed 4 of the last 10 school days,Missed 12% of last school year,"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_lists(tmp_path, two_schools(), context=context())
    return tmp_path


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def test_the_csv_of_a_school_is_this_table(folder: Path) -> None:
    assert (folder / "s1.csv").read_bytes().decode() == "\n".join(
        [
            CONTRACT,
            f"1,101,Maya,Okafor,12,03,prevent,6.5,80,0.0813,0.5000,11,{REASONS},new",
            f"2,102,Maya,Okafor,12,03,prevent,0,80,0.0000,,11,{REASONS},up",
            f"1,103,Maya,Okafor,12,03,intensive,20,80,0.2500,0.5000,0,{REASONS},new",
            f"2,104,Maya,Okafor,12,03,intensive,6.5,80,0.0813,0.5000,0,{REASONS},stays",
            "",
        ]
    )


def test_every_school_of_the_roster_gets_its_three_files_in_order(tmp_path: Path) -> None:
    written = write_lists(tmp_path, two_schools(), context=context())
    assert [path.name for path in written] == [
        f"{school}.{suffix}" for school in ("s1", "s2", "s3") for suffix in ("csv", "xlsx", "html")
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written)


def test_without_a_directory_no_list_has_name_columns(tmp_path: Path) -> None:
    nameless = two_schools().drop(columns=["first_name", "last_name", "homeroom"])
    write_lists(tmp_path, nameless, context=context(show_names=False))
    header = (tmp_path / "s1.csv").read_text().splitlines()[0]
    assert header == CONTRACT.replace("first_name,last_name,homeroom,", "")
    assert "Homeroom" not in (tmp_path / "s1.html").read_text()


def test_a_student_the_directory_does_not_know_is_listed_by_number(tmp_path: Path) -> None:
    unknown = pd.DataFrame([student("777", first_name=None, last_name=float("nan"), homeroom=pd.NA)])
    write_lists(tmp_path, unknown, context=context())
    row = csv_rows(tmp_path / "s1.csv")[0]
    assert (row["first_name"], row["last_name"], row["homeroom"]) == ("", "", "")
    assert "777" in Page((tmp_path / "s1.html").read_text()).rows[1][1]
    assert "nan" not in (tmp_path / "s1.html").read_text().lower()


def test_a_column_that_is_missing_is_refused_not_left_empty(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="absences_left"):
        write_lists(tmp_path, two_schools().drop(columns="absences_left"), context=context())


def test_an_empty_list_says_so_in_a_friendly_sentence(folder: Path) -> None:
    assert (folder / "s3.csv").read_text() == CONTRACT + "\n"
    page = check_page((folder / "s3.html").read_text())
    assert "No student of this school is on the list this time." in page.words
    assert not page.found("table")


def test_the_files_of_a_school_hold_no_student_of_another(tmp_path: Path) -> None:
    ids = {"s1": "MARK-ONE", "s2": "MARK-TWO"}
    listed = pd.DataFrame([student(mark, school, last_name=mark) for school, mark in ids.items()])
    write_lists(tmp_path, listed, context=context())
    for school, mark in ids.items():
        for path in tmp_path.glob("*.html"):
            assert (mark in path.read_text()) == (path.stem == school)
        for path in tmp_path.glob("*.csv"):
            assert (mark in path.read_text()) == (path.stem == school)
        for path in tmp_path.glob("*.xlsx"):
            cells = pd.read_excel(path, sheet_name=None, dtype=str).values()
            assert any(mark in frame.to_string() for frame in cells) == (path.stem == school)


def test_a_student_whose_school_is_not_on_the_roster_stops_the_writing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 schools of listed students are not on the roster"):
        write_lists(tmp_path, pd.DataFrame([student("1", "s9")]), context=context())
    assert list(tmp_path.iterdir()) == []


def test_texts_that_would_run_in_a_spreadsheet_are_texts_in_the_csv(tmp_path: Path) -> None:
    listed = pd.DataFrame([student(str(at), last_name=text, rank=at + 1) for at, text in enumerate(CANARIES)])
    write_lists(tmp_path, listed, context=context())
    for row, text in zip(csv_rows(tmp_path / "s1.csv"), CANARIES, strict=True):
        assert row["last_name"].removeprefix("'") == text.replace("\r", "\n")
        assert not re.match(r"[=+\-@\t\r\n＝＋－＠]", row["last_name"])


def test_texts_that_would_run_in_a_browser_are_texts_on_the_page(tmp_path: Path) -> None:
    text = {
        "last_name": "n",
        "first_name": "f",
        "homeroom": "h",
        "student_id": "i",
        "reason_1": "r",
        "going_well_1": "g",
        "going_well_2": "w",
        "change": "c",
        "contact": "t",
    }
    for canary in CANARIES:
        everywhere = {column: f"{mark}{canary}" for column, mark in text.items()}
        write_lists(tmp_path, pd.DataFrame([student("1", **everywhere)]), context=context())
        page = check_page((tmp_path / "s1.html").read_text())
        assert all(" ".join(each.split()) in page.words for each in everywhere.values())


def test_names_of_schools_and_districts_and_banners_are_escaped_too(tmp_path: Path) -> None:
    nasty = "<b onmouseover=x>&\"'"
    given = context(
        schools=schools(s1=nasty), district=nasty, banners=[nasty], stale=[nasty], model_version=nasty
    )
    write_lists(tmp_path, pd.DataFrame([student("1")]), context=given)
    write_index(tmp_path, pd.DataFrame([student("1")]), context=given)
    for name in ("s1.html", "index.html"):
        assert not check_page((tmp_path / name).read_text()).found("b")


def test_a_school_id_that_climbs_out_of_the_folder_stays_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "outreach"
    roster = pd.DataFrame({"school_id": ["../../x", "/etc/y", "index"], "school_name": ["X", "Y", "Z"]})
    listed = pd.DataFrame([student("1", "../../x"), student("2", "index")])
    written = write_lists(folder, listed, context=context(schools=roster))
    write_index(folder, listed, context=context(schools=roster))
    assert all(path.parent == folder for path in written)
    assert {path.parent for path in tmp_path.rglob("*.*")} == {folder}
    assert len(list(folder.iterdir())) == 10


def test_the_same_input_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from ews.outreach.lists import write_lists, write_index; "
        "from tests.outreach.sample_lists import context, two_schools; "
        "c = context(banners=['DEMO']); p = pathlib.Path(sys.argv[1]); "
        "write_lists(p, two_schools(), context=c); write_index(p, two_schools(), context=c)"
    )
    for name, seed in (("one", "1"), ("two", "2")):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / name)], check=True, env={"PYTHONHASHSEED": seed}
        )
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(names) == 10
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_the_order_of_the_rows_given_changes_nothing(tmp_path: Path) -> None:
    shuffled = two_schools().sample(frac=1, random_state=3)
    for name, listed in (("one", two_schools()), ("two", shuffled)):
        write_lists(tmp_path / name, listed, context=context())
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_files_are_readable_by_their_owner_only_also_when_written_again(folder: Path) -> None:
    (folder / "s1.csv").chmod(0o644)
    write_lists(folder, two_schools(), context=context())
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_no_list_speaks_of_meals_or_of_fate(folder: Path) -> None:
    for path in [*folder.glob("*.html"), *folder.glob("*.csv")]:
        text = Page(path.read_text()).text if path.suffix == ".html" else path.read_text()
        assert not re.search(
            r"\b(free|reduced|paid|meals?|lunch|flagged|at risk|danger|dropout)\b", text, re.I
        )


def test_the_page_explains_both_sections_and_repeats_what_must_be_seen_first(tmp_path: Path) -> None:
    banners = ["DEMO — simulated students, not a person", "Signed off until 2026-06-30."]
    write_lists(tmp_path, two_schools(), context=context(banners=banners, stale=["Nurse visits are late."]))
    page = check_page((tmp_path / "s1.html").read_text())
    for sentence in [*banners, "Nurse visits are late."]:
        assert sentence in page.words
    assert "Reach out first (2) Not yet chronically absent" in page.words
    assert "Already chronically absent: more intensive support (2)" in page.words
    assert "do not share beyond this school" in page.words
    assert "Model ews-chronic-absence 7; what was known before January 12, 2026." in page.words


def test_the_page_shows_the_figures_of_the_row(folder: Path) -> None:
    rows = Page((folder / "s1.html").read_text()).rows
    reasons = "Missed 4 of the last 10 school days Missed 12% of last school year"
    assert rows[1] == [
        "1 New",
        "Okafor, Maya 101, grade 03, homeroom 12",
        "6.5 of 80, 8.1% 50% excused, step B",
        "11",
        f"{reasons} Going well: No absence in the last 20 school days Next step: {STEP_B}",
    ]
    assert rows[2][2] == "0 of 80, 0.0% –, step A"


def test_what_goes_well_is_said_only_where_there_is_something(tmp_path: Path) -> None:
    said = {"going_well_1": "No absence last year", "going_well_2": "Never tardy in 80 school days this year"}
    rows = [student("1", **said), student("2", rank=2, going_well_1=""), student("3", rank=3)]
    write_lists(tmp_path, pd.DataFrame(rows), context=context())
    texts = [row[-1] for row in check_page((tmp_path / "s1.html").read_text()).rows[1:]]
    assert "Going well: No absence last year. Never tardy in 80 school days this year Next" in texts[0]
    assert "Going well" not in texts[1]
    assert "Going well: No absence in the last 20 school days Next" in texts[2]


def test_the_index_counts_each_school_and_names_no_student(tmp_path: Path) -> None:
    path = write_index(tmp_path, two_schools(), context=context())
    page = check_page(path.read_text())
    assert [row[:3] for row in page.rows[1:]] == [
        ["Lincoln Elementary", "2", "2"],
        ["Roosevelt Middle", "1", "0"],
        ["Empty High", "0", "0"],
        ["All schools", "3", "2"],
    ]
    assert "Okafor" not in page.text
    assert "101" not in page.text
    assert {"href": "outreach/s2.xlsx"} in page.found("a")
    assert {"href": "run.html"} in page.found("a")
