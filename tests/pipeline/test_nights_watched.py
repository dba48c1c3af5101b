"""Nights that nobody watches: repeated, refused, held, cut short, without a registry."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ews.errors import ModelUnusable
from ews.model.parse_check import ParseCheck
from ews.nightly.published_nights import LATEST, MANIFEST
from ews.private_files import write_private
from tests.pipeline.at_work import AS_OF, AtWork, every_byte, nights_of, published_bytes, same_bytes

NEXT = dt.date(2026, 1, 16)


def set_today(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> None:
    for place in ("when", "status", "last_verified", "service"):
        monkeypatch.setattr(f"ews.nightly.{place}.today_in", lambda _zone: day)


def landing(district: AtWork) -> str:
    return (district.workspace / "published" / "index.html").read_text(encoding="utf-8")


def status(district: AtWork, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    exit_code = district.run("status", "--json")
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return exit_code, answer


# --- again and again


def test_the_third_run_of_a_night_changes_nothing(moved: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    assert moved.run("nightly", "--as-of", NEXT.isoformat()) == 0
    assert moved.run("nightly", "--as-of", NEXT.isoformat()) == 0
    before = every_byte(moved.workspace / "published"), (moved.workspace / "exports.jsonl").read_bytes()
    capsys.readouterr()

    assert moved.run("nightly", "--as-of", NEXT.isoformat(), "--json") == 0

    assert json.loads(capsys.readouterr().out)["outcome"] == "unchanged"
    after = every_byte(moved.workspace / "published"), (moved.workspace / "exports.jsonl").read_bytes()
    assert after == before
    assert moved.run("verify") == 0


def test_a_file_altered_by_hand_is_published_anew(moved: AtWork) -> None:
    whole = published_bytes(moved)
    path = next((moved.published() / "outreach").glob("*.csv"))
    path.write_bytes(path.read_bytes() + b"x")

    assert moved.score() == 0
    assert same_bytes(whole, published_bytes(moved)) == []


def test_a_night_of_the_past_is_repeated_byte_for_byte(moved: AtWork) -> None:
    whole = published_bytes(moved)
    assert moved.run("nightly", "--as-of", NEXT.isoformat()) == 0
    shutil.rmtree(moved.published())

    assert moved.score() == 0

    assert same_bytes(whole, published_bytes(moved)) == []
    assert (moved.workspace / "published" / "LATEST").read_text().strip() == NEXT.isoformat()


# --- refused


def test_after_a_refused_night_readers_see_that_their_lists_are_old(
    moved: AtWork, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = nights_of(moved)
    assert "not from last night" not in landing(moved)
    moved.change_extract("attendance", lambda rows: rows.assign(code="never mapped"))
    set_today(monkeypatch, NEXT)

    assert moved.run("nightly", "--as-of", NEXT.isoformat()) == 20

    assert nights_of(moved) == before
    assert "not from last night" in landing(moved)
    exit_code, answer = status(moved, capsys)
    assert exit_code == 10
    assert answer["latest"] == AS_OF.isoformat()
    assert answer["school_days_old"] == 1
    assert answer["nights"][-1]["exit"] == 20
    assert any("made no new lists" in each for each in answer["sentences"])


def test_the_next_good_night_takes_the_banner_away(
    moved: AtWork, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_today(monkeypatch, NEXT)
    kept = (moved.folder / "extracts" / "attendance.csv").read_bytes()
    moved.change_extract("attendance", lambda rows: rows.assign(code="never mapped"))
    assert moved.run("nightly", "--as-of", NEXT.isoformat()) == 20
    (moved.folder / "extracts" / "attendance.csv").write_bytes(kept)

    assert moved.run("nightly", "--as-of", NEXT.isoformat()) == 0

    assert "not from last night" not in landing(moved)
    assert status(moved, capsys)[0] == 0


def test_attendance_that_is_too_old_makes_no_lists(moved: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    moved.configuration.write_text(
        moved.configuration.read_text() + "\nnightly: {refuse_after_school_days: 7}\n", encoding="utf-8"
    )
    before = nights_of(moved)

    assert moved.run("nightly", "--as-of", "2026-01-30") == 20

    said = capsys.readouterr().err
    assert "8 school days have passed since" in said
    assert "at most 7" in said
    assert nights_of(moved) == before


def test_a_school_that_falls_silent_is_named(moved: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    schools = pd.read_csv(moved.folder / "extracts" / "schools.csv", dtype=str)
    silent = schools["school_id"].iloc[0]
    moved.change_extract(
        "attendance",
        lambda rows: rows.loc[~((rows["school_id"] == silent) & (rows["date"] > "2025-12-20"))],
    )
    moved.into_a_fresh_store()
    capsys.readouterr()

    assert moved.run("score", "--as-of", AS_OF.isoformat(), "--json") == 10

    sentences = json.loads(capsys.readouterr().out)["degraded"]
    name = schools["school_name"].iloc[0]
    assert sentences == [f"{name} has sent no attendance for more than 5 school days."]


# --- held


def test_a_list_that_turns_over_waits_for_a_person(moved: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    moved.configuration.write_text(
        moved.configuration.read_text() + "\nnightly: {most_churn: 0.001}\n", encoding="utf-8"
    )
    before = nights_of(moved)
    day = dt.date(2026, 1, 14 + 2)
    moved.change_extract(
        "attendance",
        lambda rows: rows.assign(code=rows["code"].where(rows["date"] != "2026-01-15", "T")),
    )

    assert moved.run("nightly", "--as-of", day.isoformat(), "--json") == 10
    answer = json.loads(capsys.readouterr().out)
    assert answer["outcome"] == "held"
    assert answer["published"] is None
    assert nights_of(moved) == before
    assert "not from last night" in landing(moved)

    assert moved.run("nightly", "--as-of", day.isoformat(), "--accept-churn") == 0
    # What somebody has accepted is not asked about again.
    assert moved.run("nightly", "--as-of", day.isoformat()) == 0
    assert (moved.published(day) / MANIFEST).is_file()


# --- without the registry


def test_without_its_registry_a_night_rests_on_the_last_verified_model(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = nights_of(moved)
    shutil.move(moved.folder / "mlruns", moved.folder / "elsewhere")

    assert moved.run("score", "--as-of", NEXT.isoformat(), "--json") == 10

    answer = json.loads(capsys.readouterr().out)
    assert any("registry could not be opened" in each for each in answer["degraded"])
    assert not (moved.folder / "mlruns").exists()
    assert set(nights_of(moved)) > set(whole)


def test_a_damaged_registry_is_one_that_cannot_be_reached(moved: AtWork) -> None:
    (moved.folder / "mlruns" / "mlflow.db").write_bytes(b"not a database" * 500)

    assert moved.run("score", "--as-of", NEXT.isoformat()) == 10


def test_a_kept_model_serves_only_so_long(
    moved: AtWork, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (moved.folder / "mlruns" / "mlflow.db").unlink()
    seen = dt.date.fromisoformat((moved.workspace / "last_verified_model" / "seen").read_text().strip())
    monkeypatch.setattr("ews.nightly.last_verified.today_in", lambda _: seen + dt.timedelta(days=15))

    assert moved.score(NEXT) == 40
    assert "at most 14" in capsys.readouterr().err


@pytest.mark.parametrize(
    "part", ["model/model.txt", "model/manifest.json", "audit/fairness.json", "record.json"]
)
def test_a_kept_model_that_was_altered_serves_nobody(part: str, moved: AtWork) -> None:
    (moved.folder / "mlruns" / "mlflow.db").unlink()
    path = moved.workspace / "last_verified_model" / part
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))

    assert moved.score(NEXT) == 40


# --- a file on which the parser fails


@pytest.mark.parametrize("text", ["", "not a model", "tree\nversion=v4\nnum_class=1\n" + "Tree=0\n" * 50])
def test_a_model_that_cannot_be_read_is_found_out_in_another_process(text: str) -> None:
    check = ParseCheck(text)
    with pytest.raises(ModelUnusable, match="LightGBM on this machine cannot read it"):
        check.wait()


def test_a_model_that_can_be_read_passes(moved: AtWork) -> None:
    ParseCheck((moved.model_folder() / "model.txt").read_text()).wait()


def test_the_other_process_imports_nothing_from_the_current_folder(
    moved: AtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / "proof"
    for name in ("lightgbm.py", "ews.py", "pandas.py", "numpy.py"):
        (tmp_path / name).write_text(f"open({str(proof)!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)

    ParseCheck((moved.model_folder() / "model.txt").read_text()).wait()
    assert not proof.exists()


# --- killed


def test_a_run_that_never_ended_shows(moved: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (moved.workspace / "nights.jsonl").read_text().splitlines(keepends=True)
    (moved.workspace / "nights.jsonl").write_text("".join(lines[:-1]))

    exit_code, answer = status(moved, capsys)
    assert exit_code == 10
    assert any("has not ended" in each for each in answer["sentences"])


def test_a_run_killed_after_its_switch_is_completed_by_the_next(
    moved: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed_then(workspace: Path, day: dt.date) -> None:
        if day == NEXT:
            raise KeyboardInterrupt
        write_private(workspace / "published" / LATEST, f"{day}\n".encode())

    with monkeypatch.context() as killed:
        killed.setattr("ews.nightly.publish._move_latest", killed_then)
        assert moved.run("score", "--as-of", NEXT.isoformat()) != 0
    assert (moved.published(NEXT) / MANIFEST).is_file()
    assert moved.run("verify") == 0  # the note stands for the line

    assert moved.score(NEXT) == 0

    assert (moved.workspace / "published" / "LATEST").read_text().strip() == NEXT.isoformat()
    assert (moved.workspace / "exports.jsonl").read_text().count(f"published/{NEXT}") == 1
    assert moved.run("verify") == 0
