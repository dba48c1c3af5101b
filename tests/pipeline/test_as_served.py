"""The audit once more, when a year is over: on the lists that counselors really had."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ews.label import outcomes
from ews.nightly.served_nights import ServedNight, evenly, served_rows
from ews.nightly.served_verdicts import VersionServed, got_worse, holds_sentence
from ews.store.schema import read_store
from tests.pipeline.at_work import AS_OF, AtWork, copy_of, every_byte
from tests.pipeline.served_year import NIGHTS


def figures(district: AtWork) -> dict[str, Any]:
    path = district.workspace / "reports" / "as-served-2025" / "fairness.json"
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def listed_with_outcomes(district: AtWork) -> pd.DataFrame:
    """What was published in the year, beside the outcomes and the audit's attributes, joined by hand."""
    lists = pd.concat([district.scores(day) for day in NIGHTS])
    lists = lists.loc[lists["risk"].notna()]
    with read_store(district.workspace) as session:
        known = outcomes(session, district.config)
    known = known.loc[known["school_year"] == 2025].set_index("student_id")["label"]
    people = pd.read_csv(district.folder / "extracts" / "students.csv", dtype=str).set_index("student_id")
    return lists.assign(
        label=lists["student_id"].map(known), group=lists["student_id"].map(people["race_ethnicity"])
    ).dropna(subset="label")


def test_the_audit_is_of_what_was_published_and_of_what_became_of_the_students(
    served_copy: AtWork, audited: Callable[..., dict[str, Any]]
) -> None:
    registered = every_byte(served_copy.folder / "mlruns" / "artifacts")
    published = every_byte(served_copy.workspace / "published")

    answer = audited(served_copy, 0)

    assert answer["school_year"] == 2025
    assert answer["nights"] == [day.isoformat() for day in NIGHTS]
    assert answer["holds"] is True
    assert [each["version"] for each in answer["versions"]] == ["1"]
    assert answer["versions"][0]["registered"] == served_copy.figures("fairness.json")["verdict"]
    expected = listed_with_outcomes(served_copy)
    race = next(each for each in figures(served_copy)["attributes"] if each["attribute"] == "race_ethnicity")
    compared = 0
    for group in race["groups"]:
        rows = expected.loc[expected["group"] == group["group"]]
        if "lists" not in group or not isinstance(group["lists"]["deployed"]["fnr"], dict):
            continue
        needed = rows.loc[rows["label"] == 1, "selected"]
        missed = group["lists"]["deployed"]["fnr"]["value"]
        if isinstance(missed, float) and isinstance(group["n"], int):
            assert group["n"] == len(rows)
            assert missed == pytest.approx(1 - needed.mean())
            compared += 1
    assert compared >= 2
    assert every_byte(served_copy.folder / "mlruns" / "artifacts") == registered
    assert every_byte(served_copy.workspace / "published") == published
    assert served_copy.reports().name != "as-served-2025", "LATEST names the newest run"
    page = (served_copy.workspace / "reports" / "as-served-2025" / "fairness.html").read_text(
        encoding="utf-8"
    )
    assert answer["sentence"] in page
    assert "Signed off by Ada Officer" in page
    assert served_copy.run("verify") == 0

    report = served_copy.workspace / "reports" / "as-served-2025" / "fairness.json"
    report.write_bytes(report.read_bytes() + b" ")
    assert served_copy.run("verify") == 40


def test_a_night_that_does_not_verify_is_left_out_and_named(
    served_copy: AtWork, audited: Callable[..., dict[str, Any]]
) -> None:
    altered = served_copy.published(NIGHTS[1]) / "scores.parquet"
    altered.write_bytes(altered.read_bytes() + b" ")

    answer = audited(served_copy, 10)

    assert answer["holds"] is None
    assert "still holds" not in answer["sentence"]
    assert "1 of 3 nights is left out" in answer["sentence"]
    assert answer["nights"] == [NIGHTS[0].isoformat(), NIGHTS[2].isoformat()]
    assert answer["nights_left_out"] == {
        NIGHTS[1].isoformat(): "scores.parquet: altered since it was published"
    }
    assert any(NIGHTS[1].isoformat() in note for note in figures(served_copy)["notes"])

    for day in (NIGHTS[0], NIGHTS[2]):
        (served_copy.published(day) / "manifest.json").unlink()
    refused = audited(served_copy, 20)
    assert "none of the 3 nights of 2024-25 is as it was published" in refused["error"]["found"]


def made_worse(district: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the audit by that of the registration, with another verdict."""
    failed = {**district.figures("fairness.json"), "verdict": "fail"}
    monkeypatch.setattr("ews.nightly.as_served.audit", lambda *_, **__: failed)
    monkeypatch.setattr("ews.nightly.as_served_report.suppress_fairness", lambda told, _: told)


def test_a_verdict_that_got_worse_is_exit_10_and_says_so(
    served_copy: AtWork, audited: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_worse(served_copy, monkeypatch)

    answer = audited(served_copy, 10)

    assert answer["holds"] is False
    assert "no longer holds for the lists of 2024-25: version 1 was registered as" in answer["sentence"]
    assert answer["sentence"].endswith("as served it is fail.")


@pytest.mark.parametrize(
    ("options", "exit_code", "said"),
    [
        ([], 20, "run it again from 2026-06-10 on"),
        (["--year", "2026"], 20, "run it again from 2026-06-10 on"),
        (["--year", "2025"], 20, "in 2024-25 no lists were published"),
        (["--year", "1999"], 2, "the calendar has no school year 1999"),
        (["--year", "soon"], 2, "valid integer"),
    ],
)
def test_a_year_that_is_not_ready_is_refused_with_the_day_it_will_be(
    options: list[str],
    exit_code: int,
    said: str,
    in_service: AtWork,
    tmp_path: Path,
    audited: Callable[..., dict[str, Any]],
) -> None:
    district = copy_of(in_service, tmp_path / "copy")
    before = every_byte(district.folder)

    answer = audited(district, exit_code, *options)

    assert said in " ".join(answer["error"].values())
    left = every_byte(district.folder)
    assert {name for name in left if "mlflow.db" not in name} == {
        name for name in before if "mlflow.db" not in name
    }
    assert not (district.workspace / "reports" / "as-served-2025").exists()
    assert AS_OF.year == 2026


def test_without_as_served_it_says_where_the_audit_of_a_model_is(
    in_service: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_service.run("audit") == 2

    printed = capsys.readouterr().err
    assert "a model is audited by `ews train`" in printed
    assert str(in_service.reports() / "fairness.html") in printed


def night(name: str, rows: int = 10, folder: Path = Path()) -> ServedNight:
    return ServedNight(folder / name, "1", rows, purged=False)


def test_of_too_many_nights_as_many_as_allowed_are_taken_from_the_whole_year() -> None:
    nights = [night(f"2024-11-{day:02d}") for day in range(1, 31)]

    assert evenly(nights, 300) == nights
    days = [each.folder.name[-2:] for each in evenly(nights, 60)]
    assert (days[0], days[-1], len(days)) == ("01", "30", 6)
    gaps = {int(later) - int(day) for day, later in pairwise(days)}
    assert gaps <= {5, 6}
    assert evenly(nights, 5) == [nights[14]], "one night at least"
    uneven = [night("a", 100), *nights]
    assert sum(each.rows for each in evenly(uneven, 120)) <= 120


def test_students_whose_outcome_is_not_observed_are_left_out_and_counted(
    in_service: AtWork, tmp_path: Path
) -> None:
    columns = {"absence_rate": 0.1, "already_chronic": False, "absences_left": 3, "model_version": "1"}
    (tmp_path / "2024-11-04").mkdir()
    pd.DataFrame(
        [
            {
                "student_id": "a",
                "school_id": "s",
                "risk": 0.2,
                "status": "scored",
                "selected": True,
                **columns,
            },
            {
                "student_id": "b",
                "school_id": "s",
                "risk": 0.3,
                "status": "scored",
                "selected": False,
                **columns,
            },
            {
                "student_id": "c",
                "school_id": "s",
                "risk": None,
                "status": "insufficient_history",
                "selected": False,
                **columns,
            },
        ]
    ).assign(as_of_date=dt.date(2024, 11, 4)).to_parquet(tmp_path / "2024-11-04" / "scores.parquet")
    known = pd.DataFrame({"student_id": ["a", "b"], "school_year": [2025, 2024], "label": [1, 0]})

    found = served_rows([night("2024-11-04", folder=tmp_path)], known, 2025)

    assert found.rows["student_id"].tolist() == ["a"]
    assert found.rows[["label", "deployed", "as_of_date"]].iloc[0].tolist() == [1, True, dt.date(2024, 11, 4)]
    assert (found.not_scored, found.no_outcome, found.students_without) == (1, 1, 1)


@pytest.mark.parametrize(
    ("registered", "own", "over_all", "worse"),
    [
        ("pass", "pass", "pass", False),
        ("pass", "insufficient_evidence", "pass", False),
        ("pass", "insufficient_evidence", "insufficient_evidence", True),
        ("pass", "fail", "pass", True),
        ("insufficient_evidence", "fail", "fail", True),
        ("insufficient_evidence", None, "fail", True),
        ("insufficient_evidence", None, "pass", False),
        ("fail", "fail", "fail", False),
    ],
)
def test_when_a_verdict_got_worse(registered: str, own: str | None, over_all: str, worse: bool) -> None:
    version = VersionServed("3", "run", 10, registered, own)

    assert got_worse(version, over_all) is worse
    holds, sentence = holds_sentence([version], over_all, 2025)
    assert holds is not worse
    assert "2024-25" in sentence
    assert "version 3" in sentence


def test_a_version_is_not_blamed_for_the_nights_of_another() -> None:
    """Both were registered as a pass; the second version's lists alone under-estimate a group's need."""
    first = VersionServed("1", "a", 60, "pass", "pass")
    second = VersionServed("2", "b", 60, "pass", "fail")

    assert not got_worse(first, "fail")
    holds, sentence = holds_sentence([first, second], "fail", 2025)

    assert holds is False
    assert "version 1" not in sentence
    assert "version 2 was registered as pass, and as served it is fail" in sentence
    assert "the year as a whole is fail, worse than any version of it was registered with" in sentence


def test_a_year_that_is_worse_than_each_of_its_versions_is_said_to_be_without_blaming_one() -> None:
    versions = [VersionServed(number, "run", 60, "pass", "pass") for number in ("1", "2")]

    holds, sentence = holds_sentence(versions, "insufficient_evidence", 2025)

    assert holds is False
    assert "version 1" not in sentence
    assert "the year as a whole is insufficient evidence" in sentence


def test_a_year_that_is_what_its_weaker_version_was_registered_with_holds() -> None:
    versions = [VersionServed("1", "a", 60, "pass", "pass"), VersionServed("2", "b", 60, "fail", "fail")]

    assert holds_sentence(versions, "fail", 2025)[0] is True
