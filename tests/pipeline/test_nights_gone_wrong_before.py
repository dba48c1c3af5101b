"""What a hand, a clock or a disk does to a night beforehand, and what the night makes of it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from ews.config import load_config
from ews.errors import UsageError
from ews.scratch import Scratch, remove_abandoned
from tests.pipeline.at_work import AS_OF, AtWork, nights_of

NEXT = dt.date(2026, 1, 16)


def test_looking_for_a_registry_that_is_away_puts_no_empty_one_in_its_place(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = moved.folder / "mlruns"
    registry.rename(moved.folder / "elsewhere")

    for command in ("verify", "promote"):
        assert moved.run(command) == 40
        assert "database is not there" in capsys.readouterr().err
    assert not (registry / "mlflow.db").exists()
    assert moved.score() == 10

    shutil.rmtree(moved.workspace / "last_verified_model")
    assert moved.score() == 40


def test_a_kept_model_that_was_damaged_is_kept_anew_while_the_registry_is_there(moved: AtWork) -> None:
    kept = moved.workspace / "last_verified_model" / "model" / "model.txt"
    good = kept.read_bytes()
    kept.write_bytes(good + b" ")

    assert moved.score() == 0

    assert kept.read_bytes() == good
    (moved.folder / "mlruns").rename(moved.folder / "elsewhere")
    assert moved.score() == 10


@pytest.mark.parametrize("command", ["nightly", "score"])
def test_a_day_that_is_yet_to_come_loads_nothing(
    command: str, moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is loaded for a day of next year would be known to no night before it."""
    before, store = nights_of(moved), moved.store.read_bytes()

    assert moved.run(command, "--as-of", "2999-01-21") == 2

    assert "is yet to come" in capsys.readouterr().err
    assert nights_of(moved) == before
    assert moved.store.read_bytes() == store


def test_a_night_of_the_past_under_other_settings_says_that_it_is_another(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved.score(NEXT) == 0
    assert moved.score(AS_OF) == 0
    moved.edit("prevent: {per_school: 15}", "prevent: {per_school: 5}")
    capsys.readouterr()

    assert moved.score(AS_OF) == 10

    assert "made again, are not those that were published" in " ".join(capsys.readouterr().out.split())


def test_what_is_so_only_tonight_is_not_on_the_page_of_the_night(moved: AtWork) -> None:
    before = nights_of(moved)
    (moved.folder / "mlruns").rename(moved.folder / "elsewhere")

    assert moved.score() == 10

    assert nights_of(moved) == before


@pytest.mark.parametrize(
    "places",
    [("share/one", "share/../share/one"), ("share/one", "link/one"), ("workspace/published", "share/two")],
)
def test_no_two_schools_and_not_the_program_itself_share_a_folder(
    places: tuple[str, str], moved: AtWork
) -> None:
    (moved.folder / "share" / "one").mkdir(parents=True)
    (moved.folder / "link").symlink_to(moved.folder / "share")
    lines = [f"    s{number}: {{path: {place}}}\n" for number, place in enumerate(places)]
    moved.edit("outreach:\n", f"outreach:\n  deliver:\n{''.join(lines)}")

    with pytest.raises(UsageError, match="deliver"):
        load_config(moved.configuration)


def test_a_link_among_temporary_folders_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = tmp_path / "somebody's"
    own.mkdir()
    (tmp_path / "ews-scratch-x").symlink_to(own)

    remove_abandoned()
    Scratch().cleanup()

    assert list(own.iterdir()) == []


def test_a_directory_that_lacks_many_of_the_listed_is_told_of(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    moved.change_extract("directory", lambda rows: rows.iloc[: len(rows) // 4])

    assert moved.score() == 10

    assert "have no name in the directory" in capsys.readouterr().out
