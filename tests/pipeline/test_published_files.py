"""What a night leaves: the columns, types and sums that counselors' tools and the board rely on."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
import stat
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from ews.digests import file_digest
from ews.nightly.publish import _write_parquet
from ews.nightly.score import EXCLUDED_COLUMNS
from tests.pipeline.at_work import AS_OF, AtWork

SCORES = {
    "student_id": "text",
    "school_id": "text",
    "grade": "text",
    "as_of_date": "date32[day]",
    "risk": "double",
    "status": "text",
    "absences": "double",
    "enrolled_days": "int64",
    "absence_rate": "double",
    "already_chronic": "bool",
    "absences_left": "int64",
    "selected": "bool",
    "rank_in_school": "int64",
    "model_version": "text",
}
EXCLUDED = {
    "student_id": "text",
    "school_id": "text",
    "grade": "text",
    "as_of_date": "date32[day]",
    "reason": "text",
}
LIST = (
    *("rank", "student_id", "first_name", "last_name", "homeroom", "grade", "section", "absences"),
    *("enrolled_days", "absence_rate", "excused_share", "absences_left"),
    *("reason_1", "reason_2", "reason_3", "change"),
)


def types_in(path: Path) -> dict[str, str]:
    schema = parquet.read_schema(path)
    text = (pa.types.is_string, pa.types.is_large_string)
    return {
        field.name: "text" if any(is_text(field.type) for is_text in text) else str(field.type)
        for field in schema
    }


def rows_of_lists(district: AtWork) -> pd.DataFrame:
    parts = []
    for path in sorted((district.published() / "outreach").glob("*.csv")):
        part = pd.read_csv(path, dtype={"student_id": str, "grade": str})
        parts.append(part.assign(school_id=path.stem))
    return pd.concat(parts, ignore_index=True)


def roster_from_the_extract(district: AtWork, day: dt.date) -> set[str]:
    """Who is enrolled on a day as far as was known: an exit is seen two days later at the earliest."""
    rows = pd.read_csv(district.folder / "extracts" / "enrollments.csv", dtype=str, keep_default_na=False)
    entered = rows["entry_date"] < day.isoformat()
    yesterday = (day - dt.timedelta(days=1)).isoformat()
    still_there = (rows["exit_date"] == "") | (rows["exit_date"] >= yesterday)
    return set(rows.loc[(rows["school_year"] == "2026") & entered & still_there, "student_id"])


def test_scores_have_the_contracts_columns_and_types(in_service: AtWork) -> None:
    found = types_in(in_service.published() / "scores.parquet")

    assert found == SCORES
    assert list(found) == list(SCORES)


def test_excluded_has_the_contracts_columns_and_types(in_service: AtWork) -> None:
    found = types_in(in_service.published() / "excluded.parquet")

    assert found == EXCLUDED
    assert list(found) == list(EXCLUDED)


def test_excluded_has_the_same_types_when_nobody_is_excluded(moved: AtWork) -> None:
    frame = pd.read_parquet(moved.published() / "excluded.parquet").iloc[:0]
    path = moved.workspace / "excluded.parquet"
    _write_parquet(path, frame, EXCLUDED_COLUMNS)
    assert len(pd.read_parquet(path)) == 0
    assert types_in(path) == EXCLUDED


def test_scored_and_excluded_students_add_up_to_the_roster(in_service: AtWork) -> None:
    scored = pd.read_parquet(in_service.published() / "scores.parquet")["student_id"]
    excluded = pd.read_parquet(in_service.published() / "excluded.parquet")
    rows = in_service.manifest()["rows"]

    assert scored.is_unique
    assert excluded["student_id"].is_unique
    assert len(excluded) > 0
    assert set(excluded["grade"]) == {"KG"}
    assert excluded["reason"].str.len().min() > 0
    assert set(scored).isdisjoint(excluded["student_id"])
    assert set(scored) | set(excluded["student_id"]) == roster_from_the_extract(in_service, AS_OF)
    assert (rows["scores"], rows["excluded"]) == (len(scored), len(excluded))


def test_a_risk_is_there_exactly_where_a_student_is_scored(in_service: AtWork) -> None:
    scores = in_service.scores()
    scored = scores["status"] == "scored"

    assert set(scores["status"]) <= {"scored", "insufficient_history"}
    assert (scores["risk"].notna() == scored).all()
    assert scores.loc[scored, "risk"].between(0, 1).all()
    assert (scores["rank_in_school"].notna() == scored).all()
    assert not scores.loc[~scored, "selected"].any()
    assert set(scores["as_of_date"]) == {AS_OF}
    assert set(scores["model_version"]) == {"1"}


def test_a_new_student_without_any_history_has_no_risk(moved: AtWork) -> None:
    day = dt.date(2026, 1, 17)  # two students entered on January 12 and 15

    assert moved.score(day) == 0
    scores = moved.scores(day)
    without = scores["status"] == "insufficient_history"
    assert without.sum() > 0
    assert (scores["risk"].isna() == without).all()
    assert (scores.loc[without, "enrolled_days"] < 5).all()


def test_the_rank_in_a_school_follows_the_risk(in_service: AtWork) -> None:
    scored = in_service.scores().query("status == 'scored'")

    for _, school in scored.groupby("school_id"):
        order = sorted(
            zip(school["risk"], school["absences_left"], school["student_id"], strict=True),
            key=lambda row: (-row[0], row[1], hashlib.sha256(row[2].encode()).hexdigest()),
        )
        by_rank = school.sort_values("rank_in_school")
        assert [student for *_, student in order] == list(by_rank["student_id"])
        assert list(by_rank["rank_in_school"]) == list(range(1, len(school) + 1))


def test_each_section_of_a_list_keeps_to_its_capacity(in_service: AtWork) -> None:
    selected = in_service.scores().query("selected")
    listed = selected.groupby(["school_id", "already_chronic"]).size()

    assert listed.xs(False, level="already_chronic").max() == 15
    assert listed.xs(True, level="already_chronic").max() <= 10
    assert len(selected) == in_service.manifest()["rows"]["listed"]


def test_lists_name_exactly_the_selected_students_in_the_contracts_columns(in_service: AtWork) -> None:
    scores = in_service.scores()
    listed = rows_of_lists(in_service)
    selected = scores.loc[scores["selected"]]

    assert set(zip(listed["school_id"], listed["student_id"], strict=True)) == set(
        zip(selected["school_id"], selected["student_id"], strict=True)
    )
    both = listed.merge(selected, on="student_id", suffixes=("", "_scored"))
    assert (both["section"].map({"prevent": False, "intensive": True}) == both["already_chronic"]).all()
    assert (both["absences_left"] == both["absences_left_scored"]).all()
    assert (both["absences"] == both["absences_scored"]).all()
    for _, section in both.groupby(["school_id", "section"]):
        in_order = section.sort_values("rank")
        assert list(in_order["rank"]) == list(range(1, len(section) + 1))
        assert in_order["rank_in_school"].is_monotonic_increasing


def test_every_school_of_the_roster_has_a_list_in_three_formats(in_service: AtWork) -> None:
    folder = in_service.published() / "outreach"
    schools = {*in_service.scores()["school_id"]}

    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        f"{school}.{suffix}" for school in schools for suffix in ("csv", "xlsx", "html")
    }
    for school in schools:
        with (folder / f"{school}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        sheet = load_workbook(folder / f"{school}.xlsx").worksheets[0]
        cells = {str(cell.value) for row in sheet.iter_rows() for cell in row}
        assert tuple(rows[0]) == LIST
        assert len(rows) > 1
        assert {row[1] for row in rows[1:]} <= cells


def test_the_manifest_says_what_was_published_and_its_digests_hold(in_service: AtWork) -> None:
    manifest = in_service.manifest()
    folder = in_service.published()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    del files["manifest.json"]

    assert set(manifest) >= {
        "as_of",
        "model",
        "audit",
        "sign_off",
        "rows",
        "files",
        "staleness",
        "ews_version",
    }
    assert manifest["as_of"] == AS_OF.isoformat()
    assert manifest["files"] == {name: file_digest(path) for name, path in files.items()}
    assert manifest["model"]["name"] == in_service.model_name
    assert manifest["model"]["version"] == "1"
    assert manifest["model"]["digest"] == file_digest(in_service.model_folder() / "manifest.json")
    assert manifest["audit"] == {
        "digest": file_digest(in_service.reports() / "fairness.json"),
        "verdict": "insufficient_evidence",
    }
    assert manifest["sign_off"]["approver"] == "Ada Officer"
    assert manifest["ews_version"] == version("ews")


def test_every_source_of_events_has_its_staleness_in_the_manifest(in_service: AtWork) -> None:
    staleness = in_service.manifest()["staleness"]

    assert staleness["attendance"] == {"newest": "2026-01-14", "school_days_since": 0}
    assert {"attendance", "nurse_visits", "meal_programs", "enrollments"} <= set(staleness)


def test_latest_names_the_newest_day_even_after_an_older_one_is_published_again(moved: AtWork) -> None:
    latest = moved.workspace / "published" / "LATEST"

    assert latest.read_text(encoding="utf-8").strip() == AS_OF.isoformat()
    assert moved.score(dt.date(2025, 12, 1)) == 0
    assert latest.read_text(encoding="utf-8").strip() == AS_OF.isoformat()


def test_the_next_list_says_who_is_new_and_who_moved(moved: AtWork) -> None:
    assert moved.score(dt.date(2025, 12, 1)) == 0
    assert moved.score() == 0
    listed = rows_of_lists(moved)
    before = pd.concat(
        pd.read_csv(path, dtype={"student_id": str})
        for path in (moved.published(dt.date(2025, 12, 1)) / "outreach").glob("*.csv")
    )
    places = dict(zip(zip(before["student_id"], before["section"], strict=True), before["rank"], strict=True))

    for row in listed.itertuples():
        place = places.get((row.student_id, row.section))
        expected = (
            "new" if place is None else "stays" if place == row.rank else "up" if row.rank < place else "down"
        )
        assert row.change == expected
    assert {"new", "up", "down"} <= set(listed["change"])


@pytest.mark.parametrize("place", ["workspace", "mlruns"])
def test_only_the_owner_can_read_what_is_in(place: str, in_service: AtWork) -> None:
    open_to_others = {
        path.relative_to(in_service.folder).as_posix(): oct(stat.S_IMODE(path.stat().st_mode))
        for path in [in_service.folder / place, *(in_service.folder / place).rglob("*")]
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    }

    assert open_to_others == {}


def test_every_link_of_the_index_opens_a_file_of_the_night(in_service: AtWork) -> None:
    page = (in_service.published() / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#]+)"', page)
    schools = {link.partition("/")[2].partition(".")[0] for link in links if link.count("/") == 1}

    assert len(schools) == 3
    assert {f"outreach/{school}.{kind}" for school in schools for kind in ("csv", "html", "xlsx")} <= set(
        links
    )
    assert "run.html" in links
    assert any(link.count("/") == 2 for link in links)  # lists of single counselors
    assert [link for link in links if not (in_service.published() / link).is_file()] == []
