"""What an audit as served may not say: that a verdict holds for lists, terms or years it never saw."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.at_work import AtWork
from tests.pipeline.served_year import NIGHTS, exported

Audited = Callable[..., dict[str, Any]]

FIRST, SECOND, THIRD = (day.isoformat() for day in NIGHTS)


def kept(district: AtWork, name: str) -> Path:
    """A file of the audit in the registry."""
    (path,) = (district.folder / "mlruns" / "artifacts").rglob(f"audit/{name}")
    return path


def nothing_was_written(district: AtWork) -> bool:
    return not (district.workspace / "audits.jsonl").exists()


def test_under_another_definition_the_question_is_refused_as_scoring_refuses(
    served_copy: AtWork, audited: Audited
) -> None:
    served_copy.edit("    use: feature\n    authorization:", "    use: audit\n    authorization:")

    answer = audited(served_copy, 40)

    assert answer["holds"] is None
    assert "is not that of version 1's training and audit" in answer["error"]["found"]
    assert "set them back" in answer["error"]["next"]
    assert nothing_was_written(served_copy)


def test_under_looser_terms_than_the_registered_audit_nothing_is_said_to_hold(
    served_copy: AtWork, audited: Audited
) -> None:
    served_copy.edit("[race_ethnicity, ", "[")
    served_copy.edit("excess_fnr: 0.10", "excess_fnr: 0.35")
    served_copy.edit("min_group: 30", "min_group: 90")

    answer = audited(served_copy, 10)

    assert answer["holds"] is None
    for said in (
        "audit.sensitive leaves out race_ethnicity, which was audited",
        "audit.tolerance.excess_fnr is 0.35, and was 0.1 in the audit",
        "audit.min_group is 90, and was 30 in the audit",
    ):
        assert said in answer["sentence"]
    assert "still holds" not in answer["sentence"]
    assert any(note.startswith("Looser than the registered audit") for note in answer["notes"])


def test_stricter_terms_are_named_in_the_notes(
    served_copy: AtWork, audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit is replaced by that of the registration: what it finds is not the question here."""
    registered = served_copy.figures("fairness.json")
    monkeypatch.setattr("ews.nightly.as_served.audit", lambda *_, **__: registered)
    monkeypatch.setattr("ews.nightly.as_served_report.suppress_fairness", lambda told, _: told)
    served_copy.edit("auc_difference: 0.10", "auc_difference: 0.05")
    served_copy.edit("sensitive: [", "sensitive: [homeless, ")

    answer = audited(served_copy, 0)

    assert answer["holds"] is True
    said = " ".join(answer["notes"])
    assert "Stricter than the registered audit: audit.sensitive names homeless, which was not audited" in said
    assert "audit.tolerance.auc_difference is 0.05, and was 0.1 in the audit (version 1)" in said


def test_nights_that_counselors_did_not_have_then_are_left_out(served_copy: AtWork, audited: Audited) -> None:
    """One was first published weeks later, one again after the year; three days are allowed."""
    exported(served_copy, NIGHTS[0], 3)
    exported(served_copy, NIGHTS[1], 4)
    exported(served_copy, NIGHTS[2], 1, 200)

    answer = audited(served_copy, 10)

    assert answer["nights"] == [FIRST]
    assert answer["nights_left_out"] == {
        SECOND: "was first published more than 3 days after its date",
        THIRD: "was published again more than 3 days after its date",
    }
    assert answer["holds"] is None
    assert "2 of 3 nights are left out" in answer["sentence"]

    exported(served_copy, NIGHTS[0], 900)
    refused = audited(served_copy, 20)
    assert "was first published more than 3 days after its date" in refused["error"]["found"]


@pytest.mark.slow
def test_a_night_published_again_in_time_counts_as_it_was_published_last(
    served_copy: AtWork, audited: Audited
) -> None:
    exported(served_copy, NIGHTS[2], 0, 3)

    assert audited(served_copy, 0)["nights"] == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(("year", "day"), [(2024, dt.date(2023, 11, 6)), (2023, dt.date(2022, 11, 7))])
def test_a_year_that_the_version_was_trained_or_validated_on_is_refused(
    year: int, day: dt.date, served_copy: AtWork, audited: Audited
) -> None:
    served_copy.edit("prevent: {per_school: 1}", "prevent: {per_school: 15}")
    assert served_copy.score(day) == 0
    exported(served_copy, day, 0)

    refused = audited(served_copy, 20, "--year", str(year))

    assert f"version 1 was trained or validated on {year - 1}-{year % 100}" in refused["error"]["found"]


@pytest.mark.slow
def test_a_deleted_night_is_missed_by_verify_and_by_the_audit(
    served_copy: AtWork, audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(served_copy.published(NIGHTS[1]))

    assert served_copy.run("verify") == 40
    assert f"{SECOND}: was exported, was not purged, and is missing" in capsys.readouterr().out
    answer = audited(served_copy, 10)
    assert answer["nights_left_out"] == {SECOND: "was exported, was not purged, and is missing"}
    assert answer["holds"] is None

    for day in (NIGHTS[0], NIGHTS[2]):
        shutil.rmtree(served_copy.published(day))
    refused = audited(served_copy, 20)
    assert "none of the 3 nights of 2024-25" in refused["error"]["found"]


def test_a_stray_file_drops_no_night_and_its_name_is_never_repeated(
    served_copy: AtWork, audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    (served_copy.published(NIGHTS[0]) / "Notes on Jane Roe.txt").write_text("x")
    (served_copy.published(NIGHTS[1]) / ".DS_Store").write_text("x")
    (served_copy.workspace / "published" / "Jane-Ro-e1").mkdir()
    (served_copy.workspace / "reports" / "Jane Roe").mkdir()

    assert served_copy.run("verify") == 40
    printed = capsys.readouterr()
    assert f"{FIRST}: holds 1 file not in the manifest" in printed.out
    assert "Jane" not in printed.out + printed.err
    answer = audited(served_copy, 0)
    assert answer["nights"] == [FIRST, SECOND, THIRD]
    report = served_copy.workspace / "reports" / "as-served-2025"
    written = [*report.iterdir(), served_copy.workspace / "audits.jsonl"]
    assert all("Jane" not in path.read_text(encoding="utf-8") for path in written)
    assert "Jane" not in json.dumps(answer)


@pytest.mark.parametrize("name", ["scores.parquet", "excluded.parquet"])
def test_a_night_without_a_file_that_is_read_is_left_out(
    name: str, served_copy: AtWork, audited: Audited
) -> None:
    (served_copy.published(NIGHTS[1]) / name).unlink()

    assert audited(served_copy, 10)["nights_left_out"] == {SECOND: f"{name}: missing"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fairness.json", "evaluation.json"])
@pytest.mark.parametrize("change", ["gone", "altered"])
def test_without_the_registered_audit_nobody_can_say_whether_it_holds(
    name: str, change: str, served_copy: AtWork, audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept(served_copy, name)
    path.unlink() if change == "gone" else path.write_bytes(path.read_bytes() + b" ")

    answer = audited(served_copy, 40)

    assert answer["holds"] is None
    assert f"{name} is missing or has been altered" in answer["error"]["found"]
    assert served_copy.run("audit", "--as-served") == 40
    assert f"{name} is missing or has been altered" in capsys.readouterr().err
    assert nothing_was_written(served_copy)
