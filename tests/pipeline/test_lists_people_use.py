"""Lists that people use, end to end: what is on them, where they go, how long they stay."""

from __future__ import annotations

import datetime as dt
import json
import re
import stat
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ews.nightly.export_log import EXPORT_LOG
from ews.store.purge_log import read_lines
from tests.pipeline.at_work import AS_OF, AtWork, copy_of, published_bytes, same_bytes

BEFORE = AS_OF - dt.timedelta(days=8)
"""A school day in the week before."""

SCHOOLS = ("deliver-one", "deliver-two")
STEPS = (
    "  next_steps: {tiers: [{below: 0.15, step: 'Write a kind note'}, {step: 'Ask what would help'}]}\n"
    "  capacity:"
)
CONTACTS = (
    "  contacts:\n"
    "    path: extracts/contacts.csv\n"
    "    columns: {student_id: Pupil, date: When, kind: How, outcome: Result}\n"
    "    date_format: '%m/%d/%Y'\n"
    "    codes: {kind: {C: call, V: visit}, outcome: {Y: reached, N: not_reached}}\n"
    "\nchecks:"
)


def rows_of(district: AtWork, day: dt.date = AS_OF) -> pd.DataFrame:
    """Every row of every school's spreadsheet, with the school's stem."""
    parts = [
        pd.read_excel(path, dtype={"student_id": str}, keep_default_na=False).assign(stem=path.stem)
        for path in sorted((district.published(day) / "outreach").glob("*.xlsx"))
    ]
    return pd.concat(parts, ignore_index=True)


def write_contacts(district: AtWork, *rows: tuple[str, str, str, str]) -> None:
    lines = ["Pupil,When,How,Result", *(",".join(row) for row in rows)]
    (district.folder / "extracts" / "contacts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def told(district: AtWork, day: dt.date = AS_OF) -> list[str]:
    """Make a night and return what it says is not as it should be, besides drift, which others test."""
    assert district.score(day) in (0, 10)
    line = read_lines(district.workspace / "nights.jsonl")[-1]
    assert line["exit"] == (10 if line["degraded"] else 0)
    return [each for each in line["degraded"] if not each.startswith("The spread of ")]


@pytest.fixture(scope="module")
def in_use(in_service: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """Two nights a week apart, with contacts and the district's own steps. Not to be changed."""
    district = copy_of(in_service, tmp_path_factory.mktemp("in use") / "district")
    listed = rows_of(district)["student_id"].tolist()
    district.edit("  capacity:", STEPS)
    district.edit("\nchecks:", CONTACTS)
    write_contacts(
        district,
        (listed[0], "11/03/2025", "C", "Y"),
        (listed[0], "12/01/2025", "V", ""),
        (listed[1], "01/09/2026", "C", "N"),
        (listed[2], "03/02/2025", "C", "Y"),
        (listed[3], "01/15/2026", "C", "Y"),
    )
    assert told(district, BEFORE) == []
    assert told(district, AS_OF) == []
    return district


@pytest.fixture
def used(in_use: AtWork, tmp_path: Path) -> AtWork:
    return copy_of(in_use, tmp_path / "district")


def contacts_of(district: AtWork) -> list[str]:
    file = district.folder / "extracts" / "contacts.csv"
    return pd.read_csv(file, dtype=str)["Pupil"].tolist()


def days_around(district: AtWork, student: str, contact: dt.date) -> tuple[int, int, int, int]:
    """Absent and counted in the 20 school days before and after, counted from the extracts by hand."""
    read = {
        name: pd.read_csv(district.folder / "extracts" / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("enrollments", "calendar", "attendance")
    }
    spells = read["enrollments"].query("student_id == @student and school_year == '2026'")
    rows = read["attendance"].query("student_id == @student")
    known = rows[pd.to_datetime(rows["recorded_at"], utc=True) < pd.Timestamp(AS_OF, tz="America/New_York")]
    newest = known.sort_values("recorded_at").drop_duplicates("date", keep="last").set_index("date")
    missed = {
        day
        for day, row in newest.iterrows()
        if row["code"] in "AES" and float(row["absent_fraction"] or 1) >= 0.5
    }
    exempt = {day for day, row in newest.iterrows() if row["code"] == "X"}
    days = [
        day
        for _, spell in spells.iterrows()
        for day in read["calendar"].query("school_id == @spell.school_id and instructional == 'true'")["date"]
        if spell["entry_date"] <= day <= (spell["exit_date"] or "9") and day < AS_OF.isoformat()
    ]
    windows = (
        [day for day in sorted(days) if day < contact.isoformat()][-20:],
        [day for day in sorted(days) if day > contact.isoformat()][:20],
    )
    counts = [(len(missed & set(each)), len(set(each) - exempt)) for each in windows]
    return (*counts[0], *counts[1])


def test_a_contact_stands_beside_the_days_absent_before_and_after_it(in_use: AtWork) -> None:
    said = rows_of(in_use).set_index("student_id")["contact"]
    reached, tried, last_year, not_yet = dict.fromkeys(contacts_of(in_use))
    missed, of, after, of_after = days_around(in_use, reached, dt.date(2025, 11, 3))
    assert of == of_after == 20
    assert said[reached] == (
        f"In contact since Nov 3 (call, reached; 2 contacts so far): absent {missed} of the 20 school days "
        f"before, {after or 'none'} of the 20 after"
    )
    missed, of, after, of_after = days_around(in_use, tried, dt.date(2026, 1, 9))
    assert said[tried] == (
        f"Tried since Jan 9 (call, not reached): absent {missed} of the 20 school days before, "
        f"{after or 'none'} of {of_after} so far after"
    )
    assert (said[last_year], said[not_yet]) == ("", ""), "last school year; and on the day itself"
    assert (said != "").sum() == 2
    page = (in_use.published() / "outreach" / f"{rows_of(in_use)['stem'][0]}.html").read_text()
    assert said[reached] in page


def test_contacts_change_no_score_and_stand_in_no_csv(in_use: AtWork, in_service: AtWork) -> None:
    before, now = (each.published() for each in (in_service, in_use))
    assert (before / "scores.parquet").read_bytes() == (now / "scores.parquet").read_bytes()
    for path in (now / "outreach").glob("*.csv"):
        contract = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]
        same = [line.rsplit(",", 1)[0] for line in (before / "outreach" / path.name).read_text().splitlines()]
        assert contract == same, "all but `change`: there was a list before this one now"


def test_weeks_on_the_list_count_from_the_first_night_of_an_unbroken_presence(in_use: AtWork) -> None:
    was = set(in_use.scores(BEFORE).query("selected")["student_id"])
    rows = rows_of(in_use)
    assert set(rows["weeks_on_list"]) == {0, 1}
    assert set(rows.loc[rows["weeks_on_list"] == 1, "student_id"]) == was & set(rows["student_id"])
    since = pd.read_parquet(in_use.published() / "on_list_since.parquet")
    assert since["on_list_since"].value_counts().to_dict() == {
        BEFORE: (rows["weeks_on_list"] == 1).sum(),
        AS_OF: (rows["weeks_on_list"] == 0).sum(),
    }
    assert "on_list_since.parquet" in in_use.manifest()["files"]


def test_who_left_is_named_on_the_page_of_the_school_alone(in_use: AtWork) -> None:
    before, now = in_use.scores(BEFORE), in_use.scores()
    stayed = now.loc[now["selected"], "student_id"]
    gone = before.loc[before["selected"] & ~before["student_id"].isin(stayed)]
    here = dict(zip(now["student_id"], now["school_id"], strict=True))
    assert len(gone), "nobody left: choose other nights"
    for _, row in gone.iterrows():
        for path in (in_use.published() / "outreach").glob("*.html"):
            named = f'<span class="student"><bdi>{row.student_id}</bdi>' in path.read_text()
            assert named == (path.stem == row.school_id == here.get(row.student_id))


def test_a_counselor_has_the_own_students_of_the_directory(in_use: AtWork) -> None:
    directory = pd.read_csv(in_use.folder / "extracts" / "directory.csv", dtype=str)
    counselor = dict(zip(directory["student_id"], directory["counselor"], strict=True))
    rows = rows_of(in_use)
    seen = []
    for path in sorted((in_use.published() / "outreach").glob("*/*.csv")):
        mine = pd.read_csv(path, dtype=str)["student_id"].tolist()
        school = rows.loc[rows["stem"] == path.parent.name]
        name = re.search("Students of <strong>(.*?)</strong>", path.with_suffix(".html").read_text())
        assert name is not None
        theirs = [each for each in school["student_id"] if counselor[each] == name[1]]
        assert mine == theirs
        seen += mine
    assert sorted(seen) == sorted(rows["student_id"])


def test_the_step_is_that_of_the_districts_table(in_use: AtWork) -> None:
    rows = rows_of(in_use)
    steps = ["Write a kind note" if rate < 0.15 else "Ask what would help" for rate in rows["absence_rate"]]
    assert rows["next_step"].tolist() == steps
    assert len(set(steps)) == 2


def test_a_night_made_again_is_the_same_to_the_byte(used: AtWork) -> None:
    before = {day: published_bytes(used, day) for day in (BEFORE, AS_OF)}
    for day in (BEFORE, AS_OF):
        for path in used.published(day).rglob("*.html"):
            path.unlink()
        assert told(used, day) == []
        changed = same_bytes(before[day], published_bytes(used, day))
        # What the page of a night tells depends on the runs before it too.
        assert set(changed) <= {"run.html", "manifest.json"}


def test_free_text_beside_a_contact_is_refused_by_its_column(
    used: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    path = used.folder / "extracts" / "contacts.csv"
    path.write_text("Pupil,When,How,Result,Notes\n1,11/03/2025,C,Y,mother said\n")
    (sentence,) = told(used)
    assert "columns that a record of contacts may not bring along: Notes" in sentence
    assert "mother" not in capsys.readouterr().out
    assert set(rows_of(used)["contact"]) == {""}
    assert len(rows_of(used)) == used.scores()["selected"].sum(), "the lists themselves are whole"


@pytest.fixture
def delivering(used: AtWork, tmp_path: Path) -> AtWork:
    """Two schools have a folder of their own."""
    shares = [tmp_path / name for name in SCHOOLS]
    for share in shares:
        share.mkdir()
    schools = sorted(path.stem for path in (used.published() / "outreach").glob("*.csv"))
    lines = [
        f"    '{school}': {{path: {json.dumps(str(share))}}}\n"
        for school, share in zip(schools[:2], shares, strict=True)
    ]
    used.edit("outreach:\n", f"outreach:\n  deliver:\n{''.join(lines)}")
    return used


def lists_of(district: AtWork, stem: str, day: dt.date = AS_OF) -> dict[str, bytes]:
    folder = district.published(day) / "outreach"
    files = [*folder.glob(f"{stem}.*"), *folder.glob(f"{stem}/*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def lying_in(share: Path) -> dict[str, bytes]:
    return {p.relative_to(share).as_posix(): p.read_bytes() for p in share.rglob("*") if p.is_file()}


def test_each_school_finds_its_newest_lists_in_its_folder_and_no_others(
    delivering: AtWork, tmp_path: Path
) -> None:
    assert told(delivering, BEFORE) == [], "an older night is made again: the newest is delivered"
    stems = sorted(path.stem for path in (delivering.published() / "outreach").glob("*.csv"))
    for stem, name in zip(stems[:2], SCHOOLS, strict=True):
        assert lying_in(tmp_path / name) == lists_of(delivering, stem)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / name).rglob("*") if path.is_file()}
        assert modes == {0o640}
        assert stat.S_IMODE((tmp_path / name / stem).stat().st_mode) == 0o750
    log = read_lines(delivering.workspace / "deliveries.jsonl")
    assert [line["school"] for line in log] == stems[:2]
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("deliver-*/*")}
    assert told(delivering) == []
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.glob("deliver-*/*")}
    assert read_lines(delivering.workspace / "deliveries.jsonl") == log, "a run that changes nothing"


def test_a_purged_student_is_gone_from_every_list_delivered_or_not(
    delivering: AtWork, tmp_path: Path
) -> None:
    assert told(delivering) == []
    rows = rows_of(delivering)
    student = rows.loc[rows["stem"] == sorted(set(rows["stem"]))[0], "student_id"].iloc[0]
    held = [path for path in tmp_path.glob("deliver-*/**/*.csv") if student in path.read_text()]
    assert len(held) == 2, "the school's and the counselor's"
    assert delivering.run("purge", "--student", student, "--yes") == 0
    for day in (BEFORE, AS_OF):
        since = pd.read_parquet(delivering.published(day) / "on_list_since.parquet")
        assert student not in set(since["student_id"])
    for folder in (*tmp_path.glob("deliver-*"), delivering.workspace / "published"):
        for path in folder.rglob("*"):
            if path.suffix in (".csv", ".html"):
                assert student not in re.split(r"[^\w-]+", path.read_text())
            if path.suffix == ".xlsx":
                cells = [c for sheet in openpyxl.load_workbook(path) for r in sheet.values for c in r]
                assert student not in cells
    assert delivering.run("verify") == 0
    assert told(delivering) == []
    assert delivering.run("verify") == 0


@pytest.mark.slow
def test_printed_lists_are_kept_for_so_many_days_and_scores_for_longer(
    delivering: AtWork, tmp_path: Path
) -> None:
    assert told(delivering) == []
    before = every_scores(delivering)
    delivering.edit("outreach:\n", "outreach:\n  keep_days: 30\n")
    assert told(delivering) == []
    assert not (delivering.published(BEFORE) / "outreach").exists()
    assert (delivering.published() / "outreach").is_dir(), "the night that was just asked for"
    entry = delivering.manifest(BEFORE)["purges"][-1]
    assert entry["kind"] == "printed lists"
    assert len(entry["removed"]) > 3
    assert all(name.startswith("outreach/") for name in entry["removed"])
    assert every_scores(delivering) == before
    assert "were removed" in (delivering.published(BEFORE) / "index.html").read_text()
    assert delivering.run("verify") == 0
    assert lying_in(tmp_path / SCHOOLS[0])

    assert told(delivering, BEFORE) == [], "asked for, so made again; the other night has had its time"
    assert not (delivering.published() / "outreach").exists()
    assert lying_in(tmp_path / SCHOOLS[0]) == {}, "what was delivered goes with the night's own lists"
    assert delivering.run("verify") == 0
    lines = read_lines(delivering.workspace / EXPORT_LOG)
    assert [line["what"] for line in lines if "purge" in line] == [
        f"published/{day.isoformat()}" for day in (BEFORE, AS_OF)
    ]


def every_scores(district: AtWork) -> list[bytes]:
    return [
        (district.published(day) / f"{name}.parquet").read_bytes()
        for day in (BEFORE, AS_OF)
        for name in ("scores", "excluded", "on_list_since")
    ]
