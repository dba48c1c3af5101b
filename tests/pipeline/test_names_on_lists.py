"""Names come from one row of the directory, and a school's from what was known on the day."""

from __future__ import annotations

import csv

from tests.pipeline.at_work import AtWork


def test_two_rows_for_a_student_never_make_a_third_name(moved: AtWork) -> None:
    directory = moved.folder / "extracts" / "directory.csv"
    rows = list(csv.DictReader(directory.open(encoding="utf-8")))
    doubled = [row | {"first_name": "Aaa", "last_name": "Zzz"} for row in rows]
    with directory.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows, *doubled])
    given = {(row["student_id"], row["first_name"], row["last_name"]) for row in [*rows, *doubled]}

    assert moved.score() == 0

    for path in (moved.published() / "outreach").glob("*.csv"):
        for row in csv.DictReader(path.open(encoding="utf-8")):
            assert (row["student_id"], row["first_name"], row["last_name"]) in given
