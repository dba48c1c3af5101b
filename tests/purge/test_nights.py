"""A published list without one student is the list it was, but for that student."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ews.digests import file_digest
from ews.errors import UsageError
from ews.nightly.published_nights import MANIFEST
from ews.outreach.file_names import counselor_stem
from ews.purge.run import purge
from ews.purge.school_files import listed_stems, lower_counts, write_without
from tests.purge.workspace import CANARY, OTHERS, Small, every_byte, naming


def manifest_of(folder: Path) -> dict:
    found: dict = json.loads((folder / MANIFEST).read_bytes())
    return found


def test_a_list_written_again_without_anybody_is_the_same_to_the_byte(small: Small) -> None:
    """So nothing of the others is lost on the way: figures, names, notices, order."""
    before = every_byte(small.night() / "outreach")
    for stem in ("s1", "s2"):
        gone = write_without(small.night() / "outreach", stem, "nobody", manifest_of(small.night()))
        assert gone.total() == 0
    assert every_byte(small.night() / "outreach") == before


def test_only_the_students_row_is_gone_from_the_three_forms_of_a_list(untouched: Small, after: Small) -> None:
    text, page, rows = _forms(untouched.night() / "outreach")
    text_now, page_now, rows_now = _forms(after.night() / "outreach")

    assert text_now == [line for line in text if CANARY not in line]
    assert rows_now == [row for row in rows if CANARY not in row]
    assert "3 students, in the order of priority" in page_now
    assert page.count("<bdi>") - page_now.count("<bdi>") == 2, (
        "one name, one id; this student has no homeroom"
    )
    for student in OTHERS[:3:2]:
        assert page_now.count(f"<bdi>{student}</bdi>") == page.count(f"<bdi>{student}</bdi>")


def _forms(folder: Path) -> tuple[list[str], str, list[tuple[object, ...]]]:
    sheet = openpyxl.load_workbook(folder / "s1.xlsx").worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row)]
    return (
        (folder / "s1.csv").read_text(encoding="utf-8").splitlines(),
        (folder / "s1.html").read_text(encoding="utf-8"),
        rows,
    )


def test_the_others_keep_scores_and_ranks(untouched: Small, after: Small) -> None:
    before = pd.read_parquet(untouched.night() / "scores.parquet")
    now = pd.read_parquet(after.night() / "scores.parquet")
    pd.testing.assert_frame_equal(
        now, before.loc[before["student_id"] != CANARY].reset_index(drop=True), check_exact=True
    )


def test_the_overview_counts_one_less_in_the_students_section_of_the_school(
    untouched: Small, after: Small
) -> None:
    before = (untouched.night() / "index.html").read_text(encoding="utf-8")
    now = (after.night() / "index.html").read_text(encoding="utf-8")
    changed = [
        (old, new) for old, new in zip(before.splitlines(), now.splitlines(), strict=True) if old != new
    ]
    # The school's own row, and the sum of all schools.
    assert changed == [('<td class="number">2</td>', '<td class="number">1</td>')] * 2


def test_the_manifest_says_what_was_purged_and_holds_the_new_digests(untouched: Small, after: Small) -> None:
    before, now = manifest_of(untouched.night()), manifest_of(after.night())

    (entry,) = now["purges"]
    assert set(entry) == {"purge", "at", "kind", "rows", "files", "removed"}
    assert entry["kind"] == "student"
    assert entry["rows"] == {"scores": 1, "excluded": 0, "listed": 1}
    counselor = counselor_stem("s1", "Kim Lee")
    assert entry["files"] == sorted(
        [
            "index.html",
            "on_list_since.parquet",
            "scores.parquet",
            *(
                f"outreach/{stem}.{suffix}"
                for stem in ("s1", counselor)
                for suffix in ("csv", "html", "xlsx")
            ),
        ]
    )
    assert entry["removed"] == []
    assert now["rows"] == {"scores": 4, "excluded": 1, "listed": 3}
    assert now["files"] == {name: file_digest(after.night() / name) for name in before["files"]}
    untouched = set(before) - {"rows", "files"}
    assert {name: now[name] for name in untouched} == {name: before[name] for name in untouched}


def test_an_excluded_student_is_taken_out_of_the_excluded(small: Small) -> None:
    purge(small.config, student="S-0005", yes=True)
    assert pd.read_parquet(small.night() / "excluded.parquet").empty
    assert manifest_of(small.night())["purges"][0]["files"] == ["excluded.parquet"]


def test_an_id_like_a_formula_is_found_in_every_form(small: Small) -> None:
    """In the CSV it stands with an apostrophe before it. This one is not on a list, but scored."""
    student = "=S-0004"
    text = (small.night() / "outreach" / "s1.csv").read_text(encoding="utf-8")
    assert f"'{student}" in text
    purge(small.config, student=student, yes=True)
    assert naming(small.workspace, student) == []


@pytest.mark.parametrize(
    "student", ["S-000", "CANARY", "1", "05", "19", "1-A", "Absent often", "Ada", "prevent"]
)
def test_part_of_an_id_or_what_stands_in_another_column_is_not_the_student(
    untouched: Small, student: str
) -> None:
    assert listed_stems(untouched.night() / "outreach", student) == []
    with pytest.raises(UsageError, match="nothing in this workspace names that student"):
        purge(untouched.config, student=student)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "html"])
def test_each_of_the_three_forms_alone_is_enough_to_find_the_student(small: Small, suffix: str) -> None:
    folder = small.night() / "outreach"
    for path in [*folder.glob("s1.*"), *folder.glob("s1/*")]:
        if path.suffix != f".{suffix}":
            path.unlink()
    assert [listed_stems(folder, each) for each in (CANARY, "S-0001", "=S-0004")] == [["s1"]] * 3
    assert listed_stems(folder, "S-0005") == []


@pytest.mark.parametrize("name", ["s1.csv", "s1.xlsx", "s1.html"])
def test_a_night_that_was_tampered_with_is_purged_and_stays_reported(
    small: Small, name: str, model_in_name: None
) -> None:
    from ews.nightly.verify import verify

    path = small.night() / "outreach" / name
    path.write_bytes(path.read_bytes() + b" ")
    report = purge(small.config, student=CANARY, yes=True)

    assert naming(small.workspace, CANARY) == []
    assert [each["as_published"] for each in report.counts["nights"]] == [True, False]
    assert not path.exists(), "what was tampered with is not written again as if it were right"
    problems = verify(small.config).problems
    assert f"{small.night().name}/outreach/{name}: missing" in problems
    assert "purges" not in manifest_of(small.night())


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more"])
def test_a_table_that_cannot_be_read_is_removed(small: Small, content: bytes) -> None:
    (small.night() / "scores.parquet").write_bytes(content)
    purge(small.config, student=CANARY, yes=True)
    assert not (small.night() / "scores.parquet").exists()


def test_a_list_of_another_version_of_the_program_is_removed_and_the_manifest_says_so(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ews.purge.school_files._texts", lambda *_: [])
    purge(small.config, student=CANARY, yes=True)

    assert not list((small.night() / "outreach").glob("s1*"))
    now = manifest_of(small.night())
    lists = ["s1", *(counselor_stem("s1", each) for each in ("Kim Lee", "Ma <1>"))]
    assert now["purges"][0]["removed"] == sorted(
        f"outreach/{stem}.{suffix}" for stem in lists for suffix in ("csv", "html", "xlsx")
    )
    assert "outreach/s1.csv" not in now["files"]
    assert naming(small.workspace, CANARY) == []


def test_counts_are_lowered_in_the_schools_own_row_only() -> None:
    from collections import Counter

    row = '<tr>\n<th scope="row"><a href="outreach/{0}.html">x</a></th>\n<td class="number">{1}</td>\n</tr>'
    page = row.format("s1", 12) + row.format("s10", 7)
    assert lower_counts(page, "s1", Counter(prevent=2)) == row.format("s1", 10) + row.format("s10", 7)
