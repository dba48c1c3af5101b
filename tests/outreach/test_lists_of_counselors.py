"""A counselor's files hold that counselor's students of one school, and say what the school's list says."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import pandas as pd
import pytest

from ews.outreach.columns import LEFT
from ews.outreach.file_names import counselor_stem, stem_there
from ews.outreach.lists import write_index, write_lists
from tests.outreach.page_reading import check_page
from tests.outreach.sample_lists import CANARIES, context, schools, student

KIM = counselor_stem("s1", "Kim Lee")


def listed() -> pd.DataFrame:
    return pd.DataFrame(
        [
            student("101", counselor="Kim Lee"),
            student("102", counselor="Jo Day", rank=2),
            student("103", counselor="Kim Lee", section="intensive"),
            student("104", counselor="", rank=3),
            student("201", "s2", counselor="Kim Lee"),
        ]
    )


def left(student_id: str, school_id: str = "s1", /, *, elsewhere: bool = False, **changes: str) -> dict:
    names = {"first_name": "Sam", "last_name": f"Left{student_id}", "homeroom": "", "counselor": "Kim Lee"}
    row = {"student_id": student_id, "school_id": school_id, "section": "prevent", "elsewhere": elsewhere}
    return row | names | changes


def written(folder: Path, leaving: pd.DataFrame | None = None, **changes: object) -> Path:
    given = context(show_counselors=True, **changes)
    write_lists(folder, listed(), context=given, leaving=leaving)
    return folder


def ids(path: Path) -> list[str]:
    return [row["student_id"] for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))]


def test_a_counselor_gets_the_own_students_of_one_school_with_the_schools_ranks(tmp_path: Path) -> None:
    written(tmp_path)
    assert ids(tmp_path / "s1.csv") == ["101", "102", "104", "103"]
    assert ids(tmp_path / f"{KIM}.csv") == ["101", "103"]
    assert ids(tmp_path / f"{counselor_stem('s1', 'Jo Day')}.csv") == ["102"]
    assert ids(tmp_path / f"{counselor_stem('s2', 'Kim Lee')}.csv") == ["201"]
    page = check_page((tmp_path / f"{KIM}.html").read_text())
    assert "Students of Kim Lee. Ranks are those of the whole school." in page.words
    assert "102" not in page.text


def test_a_counselor_without_a_listed_student_gets_an_empty_list(tmp_path: Path) -> None:
    written(tmp_path, counselors={"s1": ("Al New",), "s3": ("Al New",)})
    for school in ("s1", "s3"):
        stem = counselor_stem(school, "Al New")
        assert ids(tmp_path / f"{stem}.csv") == []
        assert "No student of this school is on the list" in (tmp_path / f"{stem}.html").read_text()


def test_without_a_counselor_column_there_is_no_folder(tmp_path: Path) -> None:
    write_lists(tmp_path, listed().drop(columns="counselor"), context=context())
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


@pytest.mark.parametrize("name", CANARIES)
def test_no_name_of_a_counselor_leaves_the_folder_or_runs(tmp_path: Path, name: str) -> None:
    rows = pd.DataFrame([student("1", counselor=name)])
    folder = tmp_path / "deep" / "outreach"
    given = context(schools=schools(s1="One"), show_counselors=True)
    paths = write_lists(folder, rows, context=given)
    index = write_index(tmp_path / "deep", rows, context=given)
    assert {path.parent for path in paths} == {folder, folder / "s1"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    for path in (index, *(each for each in paths if each.suffix == ".html")):
        check_page(path.read_text(encoding="utf-8"))


def test_names_that_differ_in_capitals_or_accents_have_files_of_their_own() -> None:
    names = ["Kim Lee", "KIM LEE", "Kïm Lee", "Kim  Lee", ""]
    assert len({counselor_stem("s1", name).casefold() for name in names}) == len(names)


def test_a_school_is_found_under_its_own_name_or_its_slug() -> None:
    assert stem_there(["s1.html", "s1.csv", "s1"], "s1") == "s1"
    assert stem_there(["s1.html"], "s2") is None
    assert stem_there(["x-9cdf6a5010.html"], "../../x") == "x-9cdf6a5010"


def test_who_left_the_list_is_named_by_section_and_leaving_is_not_judged(tmp_path: Path) -> None:
    leaving = pd.DataFrame(
        [
            left("301"),
            left("302", section="intensive", counselor="Jo Day"),
            left("303", elsewhere=True),
            left("401", "s2"),
        ]
    )
    written(tmp_path, leaving, since=pd.Timestamp("2026-01-08").date())
    page = check_page((tmp_path / "s1.html").read_text())
    assert "No longer listed since January 8, 2026 (1 of “Reach out first”): Left301, Sam 301." in page.words
    assert "Left302, Sam 302." in page.words
    assert LEFT in page.words
    assert "1 of the last list is no longer enrolled at this school." in page.words
    assert not {"303", "401"} & set(page.words.replace(".", " ").split())
    sheet = pd.read_excel(tmp_path / "s1.xlsx", sheet_name="No longer listed", dtype=str)
    assert sheet["student_id"].tolist() == ["301", "302"]
    mine = (tmp_path / f"{KIM}.html").read_text()
    assert "Left301" in mine
    assert "Left302" not in mine
    assert "301" not in (tmp_path / "s1.csv").read_text()


def test_the_index_links_every_counselors_page_and_counts_the_schools(tmp_path: Path) -> None:
    path = write_index(tmp_path, listed(), context=context(show_counselors=True))
    page = check_page(path.read_text())
    links = {each["href"] for each in page.found("a")}
    assert {f"outreach/{KIM}.html", f"outreach/{counselor_stem('s2', 'Kim Lee')}.html"} <= links
    assert page.rows[-1][:3] == ["All schools", "4", "1"]
    assert "101" not in page.text
