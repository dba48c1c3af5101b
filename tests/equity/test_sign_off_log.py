"""The log of sign-offs: nothing in it is edited, removed or put in between without being noticed."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ews.equity.banners import banner_of, banners_on
from ews.equity.sign_off import SignOff, sign_off
from ews.equity.sign_off_log import SIGN_OFF_LOG, add_to_log, confirm, log_problems, read_log
from ews.errors import GateClosed

TODAY = dt.date(2025, 9, 1)


def decided(days: int = 90, **changes: object) -> SignOff:
    usual: dict = {
        "kind": "insufficient_evidence",
        "verdict": "insufficient_evidence",
        "subject": "version 3",
        "approver": "Grace Doe",
        "role": "Equity officer",
        "reason": "Small district; reviewed group by group.",
        "expires": TODAY + dt.timedelta(days=days),
        "open_verdicts": [],
        "model_digest": "m1",
        "audit_digest": "a1",
        "trained_by": "data-team",
        "recorded_at": dt.datetime(2025, 9, 1, 12, days % 60),
        "today": TODAY,
    }
    return sign_off(**{**usual, **changes})


DECISIONS = [decided(days) for days in (10, 20, 30)]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for each in DECISIONS:
        add_to_log(tmp_path, each, by="account")
    return tmp_path


def lines_of(workspace: Path) -> list[str]:
    return (workspace / SIGN_OFF_LOG).read_text(encoding="utf-8").splitlines()


def written(workspace: Path, lines: list[str]) -> None:
    (workspace / SIGN_OFF_LOG).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_every_decision_is_kept_with_the_digest_of_the_line_before(workspace: Path) -> None:
    found = read_log(workspace)

    assert [SignOff.from_record(line.record) for line in found] == DECISIONS
    assert [line.record["previous"] for line in found] == ["", found[0].digest, found[1].digest]
    assert log_problems(workspace) == []
    for text, line in zip(lines_of(workspace), found, strict=True):
        confirm(found, json.loads(text))
        assert line.record["recorded_by"] == "account"


def edited(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace("Grace Doe", "Somebody Else"), lines[2]]


def edited_with_its_digest(lines: list[str]) -> list[str]:
    other = decided(20, approver="Somebody Else").record()
    return [lines[0], json.dumps({**json.loads(lines[1]), **other}, sort_keys=True), lines[2]]


def put_in(lines: list[str]) -> list[str]:
    return [lines[0], lines[1], json.dumps(decided(40).record()), lines[2]]


TAMPERED: dict[str, tuple[Callable[[list[str]], list[str]], int]] = {
    "edited": (edited, 2),
    "edited with its digest": (edited_with_its_digest, 1),
    "removed": (lambda lines: [lines[0], lines[2]], 1),
    "the first removed": (lambda lines: lines[1:], 1),
    "two exchanged": (lambda lines: [lines[0], lines[2], lines[1]], 2),
    "put in without a chain": (put_in, 2),
    "made unreadable": (lambda lines: [lines[0], lines[1][:-1], lines[2]], 1),
    "spaces added": (lambda lines: [lines[0], lines[1] + " ", lines[2]], 1),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_log_that_was_tampered_with_is_noticed(how: str, workspace: Path) -> None:
    change, problems = TAMPERED[how]
    written(workspace, change(lines_of(workspace)))

    found = log_problems(workspace)

    assert len(found) == problems, found
    assert all(each.startswith(SIGN_OFF_LOG) for each in found)


@pytest.mark.parametrize("how", ["edited", "edited with its digest", "removed", "made unreadable"])
def test_a_decision_that_was_tampered_with_in_the_log_cannot_be_confirmed(how: str, workspace: Path) -> None:
    record = json.loads(lines_of(workspace)[1])
    written(workspace, TAMPERED[how][0](lines_of(workspace)))

    with pytest.raises(GateClosed, match="log"):
        confirm(read_log(workspace), record)


def test_the_last_decision_edited_is_noticed_by_the_version_that_carries_it(workspace: Path) -> None:
    lines = lines_of(workspace)
    written(workspace, [*lines[:2], lines[2].replace("Grace Doe", "Somebody Else")])

    with pytest.raises(GateClosed, match="changed after it was written"):
        confirm(read_log(workspace), json.loads(lines[2]))


def test_the_last_decision_removed_is_noticed_by_the_version_that_carries_it(workspace: Path) -> None:
    last = json.loads(lines_of(workspace)[2])
    written(workspace, lines_of(workspace)[:2])

    assert log_problems(workspace) == []
    with pytest.raises(GateClosed, match="not in the workspace's log"):
        confirm(read_log(workspace), last)


def test_lines_of_earlier_versions_stand_before_the_chain_and_are_part_of_it(tmp_path: Path) -> None:
    written(tmp_path, [json.dumps(each.record(), sort_keys=True) for each in DECISIONS[:2]])
    assert log_problems(tmp_path) == []

    add_to_log(tmp_path, DECISIONS[2], by="account")
    assert log_problems(tmp_path) == []
    for text in lines_of(tmp_path):
        confirm(read_log(tmp_path), json.loads(text))
    written(tmp_path, [lines_of(tmp_path)[0], *lines_of(tmp_path)[2:]])
    assert len(log_problems(tmp_path)) == 1


def test_a_line_cut_short_by_a_crash_holds_no_decision_and_breaks_no_chain(workspace: Path) -> None:
    with (workspace / SIGN_OFF_LOG).open("a", encoding="utf-8") as log:
        log.write('{"kind": "insuff')
    add_to_log(workspace, decided(40), by="account")

    assert len(read_log(workspace)) == 4
    assert log_problems(workspace) == []


def test_a_log_that_cannot_be_written_records_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / SIGN_OFF_LOG).mkdir()

    with pytest.raises(GateClosed, match="cannot be read"):
        add_to_log(tmp_path, DECISIONS[0], by="account")


def test_every_decision_in_force_is_a_banner_and_the_one_that_lasts_longest_comes_first() -> None:
    shown = banners_on(DECISIONS, TODAY + dt.timedelta(days=15))

    assert shown == [banner_of(DECISIONS[2]), banner_of(DECISIONS[1])]


def test_when_all_have_lapsed_the_last_is_shown_as_lapsed() -> None:
    (shown,) = banners_on(DECISIONS, TODAY + dt.timedelta(days=31))

    assert shown.startswith("Lapsed: the decision below ended on 2025-10-01")
    assert banner_of(DECISIONS[2]) in shown
    assert banners_on([], TODAY) == []


def test_a_banner_says_each_thing_once_with_one_full_stop() -> None:
    shown = banner_of(decided(reason="Small district.", conditions="Review in January."))

    assert shown.endswith(": Small district. Conditions: Review in January.")
