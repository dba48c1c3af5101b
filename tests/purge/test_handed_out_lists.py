"""What schools are handed: copied whole, only theirs, taken back in time; a share may be away."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from pathlib import Path

import pytest

from ews.config import Config
from ews.nightly.delivery import DELIVERED, DELIVERY_LOG, deliver, hand_out
from ews.nightly.export_log import standings
from ews.nightly.made_again import is_sound
from ews.nightly.retention import RETIRED, retire_old_lists
from ews.outreach_settings import Delivery
from ews.private_files import owner_only
from ews.purge.run import purge
from ews.store.purge_log import read_lines, unfinished
from tests.purge.workspace import CANARY, NIGHTS, Small, every_byte, naming


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share of s1"
    folder.mkdir()
    return folder


def delivering(small: Small, keep_days: int | None = None, **folders: Path) -> Config:
    """The configuration with folders by school."""
    deliver_to = {school: Delivery(path=str(folder)) for school, folder in folders.items()}
    outreach = small.config.outreach.model_copy(update={"deliver": deliver_to, "keep_days": keep_days})
    return small.config.model_copy(update={"outreach": outreach})


def lists_of(small: Small, stem: str, day: dt.date = NIGHTS[1]) -> dict[str, bytes]:
    files = every_byte(small.night(day) / "outreach")
    return {name: content for name, content in files.items() if name.split("/")[0].split(".")[0] == stem}


def test_a_school_has_its_own_files_for_its_group_to_read_and_nobody_else(small: Small, share: Path) -> None:
    with owner_only():
        assert deliver(delivering(small, s1=share), NIGHTS[1]) == []
    assert every_byte(share) == lists_of(small, "s1")
    assert len(every_byte(share)) == 9, "the school's three and those of two counselors"
    for path in share.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path.is_dir() else 0o640)
    (line,) = read_lines(small.workspace / DELIVERY_LOG)
    assert (line["school"], line["what"], line["files"]) == ("s1", "published/2025-10-06", 9)
    assert not naming(small.workspace / DELIVERED, CANARY)
    assert CANARY not in (small.workspace / DELIVERY_LOG).read_text()


def test_a_second_delivery_of_the_same_night_touches_nothing(small: Small, share: Path) -> None:
    config = delivering(small, s1=share)
    deliver(config, NIGHTS[1])
    files = [*share.rglob("*"), small.workspace / DELIVERED]
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files]
    assert deliver(config, NIGHTS[1]) == []
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files] == before
    assert len(read_lines(small.workspace / DELIVERY_LOG)) == 1


def test_the_newest_night_takes_the_place_of_the_one_before(small: Small, share: Path) -> None:
    config = delivering(small, s1=share)
    deliver(config, NIGHTS[0])
    (share / "notes of the office.txt").write_text("ours")
    assert hand_out(config, NIGHTS[1]) == []
    assert every_byte(share) == lists_of(small, "s1") | {"notes of the office.txt": b"ours"}


def test_a_share_that_is_away_is_named_not_made_and_tried_again(small: Small, share: Path) -> None:
    away = share / "not mounted"
    config = delivering(small, s1=away, s2=share.parent)
    (sentence,) = deliver(config, NIGHTS[1])
    assert f"The lists of school s1 could not be delivered to {away}: the folder is not there." in sentence
    assert not away.exists(), "a folder on the server's own disk is not the share"
    assert (share.parent / "s2.html").is_file(), "the other school has its lists"
    away.mkdir()
    assert deliver(config, NIGHTS[1]) == []
    assert every_byte(away) == lists_of(small, "s1")


def test_a_write_that_fails_leaves_the_old_file_or_the_new_one(
    small: Small, share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = delivering(small, s1=share)
    deliver(config, NIGHTS[0])
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr("ews.nightly.delivery.os.fsync", full)
    (sentence,) = deliver(config, NIGHTS[1])
    assert "no space left on device" in sentence
    old, new = (lists_of(small, "s1", day) for day in NIGHTS)
    assert all(content in (old.get(name), new.get(name)) for name, content in every_byte(share).items())
    monkeypatch.undo()
    assert deliver(config, NIGHTS[1]) == []
    assert every_byte(share) == new


@pytest.mark.parametrize("group", ["no-such-group-here"])
def test_without_its_group_a_school_is_delivered_nothing(small: Small, share: Path, group: str) -> None:
    config = delivering(small, s1=share)
    config.outreach.deliver["s1"] = Delivery(path=str(share), group=group)
    (sentence,) = deliver(config, NIGHTS[1])
    assert f"there is no group {group} on this machine" in sentence
    assert every_byte(share) == {}


def test_a_group_that_may_not_be_given_opens_no_file_to_another(
    small: Small, share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grp

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("ews.nightly.delivery.shutil.chown", refused)
    config = delivering(small, s1=share)
    config.outreach.deliver["s1"] = Delivery(path=str(share), group=grp.getgrgid(os.getgid()).gr_name)
    (sentence,) = deliver(config, NIGHTS[1])
    assert "operation not permitted" in sentence
    assert every_byte(share) == {}


def test_a_school_that_is_not_in_the_night_is_named(small: Small, share: Path) -> None:
    (sentence,) = deliver(delivering(small, s9=share), NIGHTS[1])
    assert "The lists of school s9" in sentence
    assert "the newest lists have no such school" in sentence


def test_files_that_are_not_as_published_are_not_handed_out(small: Small, share: Path) -> None:
    config = delivering(small, s1=share)
    deliver(config, NIGHTS[1])
    before = every_byte(share)
    (small.night() / "outreach" / "s1.csv").write_text("altered")
    (sentence,) = deliver(config, NIGHTS[1])
    assert "run `ews verify`" in sentence
    assert every_byte(share) == before


def test_a_school_that_is_delivered_no_more_or_elsewhere_keeps_no_copies(small: Small, share: Path) -> None:
    deliver(delivering(small, s1=share), NIGHTS[1])
    (share / "notes.txt").write_text("ours")
    other = share.parent / "other"
    other.mkdir()
    assert deliver(delivering(small, s1=other), NIGHTS[1]) == []
    assert every_byte(share) == {"notes.txt": b"ours"}
    assert every_byte(other) == lists_of(small, "s1")
    assert deliver(delivering(small), NIGHTS[1]) == []
    assert every_byte(other) == {}
    assert not list(other.iterdir())
    assert json.loads((small.workspace / DELIVERED).read_bytes()) == {}


def test_a_purge_takes_the_student_out_of_what_was_delivered(small: Small, share: Path) -> None:
    config = delivering(small, s1=share)
    deliver(config, NIGHTS[1])
    assert naming(share, CANARY)
    purge(config, student=CANARY, yes=True)
    assert naming(share, CANARY) == []
    assert naming(small.workspace, CANARY) == []
    assert every_byte(share) == lists_of(small, "s1")


def test_a_purge_says_which_share_it_could_not_reach(small: Small, share: Path) -> None:
    config = delivering(small, s1=share)
    deliver(config, NIGHTS[1])
    share.rename(share.with_name("away"))
    report = purge(config, student=CANARY, yes=True)
    assert "school s1 could not be delivered" in report.stays[0]


def test_a_purge_of_every_night_takes_every_copy_back(small: Small, share: Path) -> None:
    config = delivering(small, s1=share)
    deliver(config, NIGHTS[1])
    purge(config, before=dt.date(2025, 10, 7), yes=True)
    assert every_byte(share) == {}


@pytest.mark.parametrize(("days", "kept"), [(30, True), (29, False)])
def test_lists_are_kept_to_the_day(small: Small, share: Path, days: int, kept: bool) -> None:
    config = delivering(small, days, s1=share)
    deliver(config, NIGHTS[1])
    scores = (small.night() / "scores.parquet").read_bytes()
    assert retire_old_lists(config, NIGHTS[1] + dt.timedelta(days=30)) == (1 if kept else 2)
    assert (small.night() / "outreach").is_dir() == kept
    assert (small.night() / "scores.parquet").read_bytes() == scores
    deliver(config, NIGHTS[1])
    assert bool(every_byte(share)) == kept
    assert unfinished(small.workspace) == []
    logged = standings(small.workspace)
    assert all(is_sound(small.night(day), logged[day.isoformat()]) for day in NIGHTS)
    assert retire_old_lists(config, NIGHTS[1] + dt.timedelta(days=30)) == 0


def test_a_night_that_was_just_made_is_spared(small: Small) -> None:
    config = delivering(small, 1)
    today = NIGHTS[1] + dt.timedelta(days=300)
    assert retire_old_lists(config, today, spare=[NIGHTS[0]]) == 1
    assert (small.night(NIGHTS[0]) / "outreach").is_dir()


def test_a_removal_that_was_cut_short_is_carried_on(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    config, today = delivering(small, 1), NIGHTS[1] + dt.timedelta(days=300)

    def cut(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("ews.nightly.retention.log_change", cut)
    with pytest.raises(OSError, match="Input"):
        retire_old_lists(config, today)
    assert "could not be removed: input/output error" in hand_out(config, NIGHTS[1])[0]
    (note,) = unfinished(small.workspace)
    assert note["kind"] == RETIRED
    monkeypatch.undo()
    assert retire_old_lists(config, today) == 2
    assert unfinished(small.workspace) == []
    (line,) = read_lines(small.workspace / "purges.jsonl")
    assert line["purge"] == note["purge"]


def test_a_night_that_other_hands_changed_loses_its_lists_and_stays_what_it_is(small: Small) -> None:
    (small.night() / "scores.parquet").write_bytes(b"altered")
    manifest = (small.night() / "manifest.json").read_bytes()
    retire_old_lists(delivering(small, 1), NIGHTS[1] + dt.timedelta(days=300))
    assert not (small.night() / "outreach").exists()
    assert (small.night() / "manifest.json").read_bytes() == manifest
    assert not is_sound(small.night(), standings(small.workspace)[NIGHTS[1].isoformat()])


def test_a_student_is_purged_from_a_night_without_lists_too(small: Small) -> None:
    config = delivering(small, 1)
    retire_old_lists(config, NIGHTS[1] + dt.timedelta(days=300))
    purge(config, student=CANARY, yes=True)
    assert naming(small.workspace, CANARY) == []
    logged = standings(small.workspace)
    assert all(is_sound(small.night(day), logged[day.isoformat()]) for day in NIGHTS)
