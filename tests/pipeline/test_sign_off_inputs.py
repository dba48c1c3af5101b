"""What `ews sign-off` refuses, and what it leaves: each mistake with its message and its exit code."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from pathlib import Path
from typing import Any

import pytest

from ews.approval import SIGN_OFF_TAG
from ews.school_calendar import today_in
from tests.pipeline.at_work import AtWork, copy_of, days_from_today, sign_off

NOTE = "mlflow.note.content"

REFUSED: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
    "by the trainer": ((), {"approver": "Trainer"}, 2, "the person who trained the model"),
    "by the trainer, spelled otherwise": ((), {"approver": " tRAINER\u200b "}, 2, "the person who trained"),
    "by the trainer, in wide letters": ((), {"approver": "Ｔｒａｉｎｅｒ"}, 2, "the person who trained"),
    "by the trainer's account": ((), {"approver": getpass.getuser().upper()}, 2, "the person who trained"),
    "by nobody": ((), {"approver": "\u200b"}, 2, "--approver is empty"),
    "without a role": ((), {"role": " "}, 2, "--role is empty"),
    "without a reason": ((), {"reason": "\n"}, 2, "--reason is empty"),
    "too long to read": ((), {"reason": "because " * 200}, 2, "at most 1,000"),
    "that cannot be shown": ((), {"reason": "\x1b[2J"}, 2, "cannot be shown"),
    "that is no text": ((), {"conditions": "\udcff"}, 2, "cannot be shown"),
    "lapsed yesterday": ((), {"expires": days_from_today(-1)}, 2, "is not in the future"),
    "lapses today": ((), {"expires": days_from_today(0)}, 2, "is not in the future"),
    "for too long": ((), {"expires": days_from_today(182)}, 2, "180 days"),
    "for ever": ((), {"expires": "9999-12-31"}, 2, "180 days"),
    "until a day in words": ((), {"expires": "next summer"}, 2, "a date like 2026-01-15"),
    "until a day that is none": ((), {"expires": "2026-02-30"}, 2, "a date like 2026-01-15"),
    "until nothing": ((), {"expires": ""}, 2, "a date like 2026-01-15"),
    "of another kind": ((), {"kind": "override"}, 2, "does not fit the verdict"),
    "of no kind": ((), {"kind": "approval"}, 2, "insufficient_evidence or override"),
    "of no such version": (("--version", "7"), {}, 2, "there is no version 7"),
    "of a version in words": (("--version", "newest"), {}, 2, "there is no version newest"),
    "of an empty version": (("--version", ""), {}, 2, "there is no version"),
    "of a version beyond all": (("--version", "9" * 30), {}, 2, "there is no version 999"),
    "of no such run": (("--run", "2000-01-01-1"), {}, 2, "there is no such run"),
    "of an empty run": (("--run", ""), {}, 2, "there is no such run"),
    "of a version and a run": (("--version", "1", "--run", "x"), {}, 2, "both --version and --run"),
}


@pytest.fixture
def drawn() -> None:
    """Asked for by the test that reads the pages of a run; drawing them takes a second each time."""


@pytest.fixture(autouse=True)
def on_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands on the pages of a run, had they been drawn."""
    shown: list[str] = []

    def keep(_folder: Path, banners: list[str], _version: str) -> None:
        shown[:] = banners

    if "drawn" not in request.fixturenames:
        monkeypatch.setattr("ews.approval.draw_pages", keep)
    return shown


def tags_of(district: AtWork, version: str = "1") -> dict[str, str]:
    client = district.registry_client()
    return dict(client.get_model_version(district.model_name, version).tags)


def notes_of(district: AtWork, version: str = "1") -> tuple[str, str]:
    """The notes of a version and of its run."""
    client = district.registry_client()
    found = client.get_model_version(district.model_name, version)
    return found.description or "", client.get_run(found.run_id).data.tags.get(NOTE, "")


@pytest.fixture(scope="module")
def undecided(challenger: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """A copy that every refused decision leaves as it was."""
    return copy_of(challenger, tmp_path_factory.mktemp("undecided") / "district")


@pytest.mark.parametrize("what", REFUSED)
def test_a_decision_that_cannot_be_taken_says_why_and_leaves_nothing(
    what: str, undecided: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    options, changes, exit_code, said = REFUSED[what]

    assert sign_off(undecided, *options, **changes) == exit_code

    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed
    assert "next:" in printed
    assert not (undecided.workspace / "sign_offs.jsonl").exists()
    assert SIGN_OFF_TAG not in tags_of(undecided)
    assert notes_of(undecided) == ("", "")


@pytest.mark.parametrize("missing", ["--kind", "--approver", "--role", "--reason", "--expires"])
def test_a_decision_with_a_part_missing_is_refused(
    missing: str, undecided: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {
        "--kind": "override",
        "--approver": "A",
        "--role": "B",
        "--reason": "C",
        "--expires": "2026-01-01",
    }
    options = [part for name, text in given.items() if name != missing for part in (name, text)]

    assert undecided.run("sign-off", *options) == 2
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "change", "exit_code", "said"),
    [
        ("audit/fairness.json", "gone", 50, "fairness.json is missing or has been altered"),
        ("audit/evaluation.json", "altered", 50, "evaluation.json is missing or has been altered"),
        ("model/model.txt", "altered", 40, "model.txt of the model has been altered"),
        ("model/manifest.json", "gone", 40, "manifest is missing"),
    ],
)
def test_what_was_altered_or_lost_since_the_training_is_neither_signed_nor_promoted(
    name: str, change: str, exit_code: int, said: str, unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = (unsigned.folder / "mlruns" / "artifacts").rglob(name)
    before = path.read_bytes()
    path.unlink() if change == "gone" else path.write_bytes(before + b" ")

    assert sign_off(unsigned) == exit_code
    assert said in capsys.readouterr().err
    assert not (unsigned.workspace / "sign_offs.jsonl").exists()

    path.write_bytes(before)
    assert sign_off(unsigned) == 0
    path.unlink() if change == "gone" else path.write_bytes(before + b" ")
    assert unsigned.run("promote") == exit_code
    assert said in capsys.readouterr().err
    path.write_bytes(before)
    assert unsigned.run("promote") == 0


def test_a_log_that_cannot_be_written_is_refused_before_anything_else_is(
    unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    (unsigned.workspace / "sign_offs.jsonl").mkdir()

    assert sign_off(unsigned) == 50
    assert "log of sign-offs" in capsys.readouterr().err
    assert SIGN_OFF_TAG not in tags_of(unsigned)


def test_every_decision_on_a_version_is_kept_and_shown(unsigned: AtWork, on_pages: list[str]) -> None:
    assert sign_off(unsigned, expires=days_from_today(40), reason="First") == 0
    assert sign_off(unsigned, expires=days_from_today(20), reason="Second", approver="Bea Officer") == 0
    assert unsigned.run("promote") == 0

    tags = tags_of(unsigned)
    lines = (unsigned.workspace / "sign_offs.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(tags[name]) for name in (SIGN_OFF_TAG, f"{SIGN_OFF_TAG}.2")] == [
        json.loads(line) for line in lines
    ]
    assert unsigned.score() == 0
    assert unsigned.manifest()["sign_off"]["reason"] == "First", "the one that lasts longest counts"
    lists = [page.read_text(encoding="utf-8") for page in unsigned.published().rglob("*.html")]
    for shown in (*notes_of(unsigned), *lists, "\n".join(on_pages)):
        assert "Signed off by Ada Officer" in shown
        assert "Signed off by Bea Officer" in shown
    assert unsigned.run("verify") == 0


def lapse(monkeypatch: pytest.MonkeyPatch, days: int = 31) -> None:
    """Let so many days pass; the sign-off is for 30."""
    for module in ("ews.approval", "ews.nightly.service"):
        monkeypatch.setattr(f"{module}.today_in", lambda zone: today_in(zone) + dt.timedelta(days=days))


def test_what_has_lapsed_is_not_promoted_and_is_marked_wherever_it_stood(
    unsigned: AtWork, on_pages: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign_off(unsigned) == 0
    client, (version, run) = unsigned.registry_client(), notes_of(unsigned)
    assert "Signed off by Ada Officer" in version
    assert version == run
    client.update_model_version(unsigned.model_name, "1", f"{version}Seen by the board.")
    lapse(monkeypatch)

    assert unsigned.run("promote") == 50
    assert "has lapsed" in capsys.readouterr().err
    version, run = notes_of(unsigned)
    assert len(on_pages) == 1
    for shown in (version, run, *on_pages):
        assert "Lapsed: the decision below ended on" in shown
    assert version.endswith("Seen by the board.")

    assert sign_off(unsigned, expires=days_from_today(60), reason="Looked at again") == 0
    assert unsigned.run("promote") == 0
    for shown in (*notes_of(unsigned), *on_pages):
        assert "Lapsed" not in shown
        assert "Looked at again" in shown


def test_a_night_that_stops_because_a_decision_lapsed_marks_it(
    moved: AtWork, drawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lapse(monkeypatch)

    assert moved.score() == 40
    for shown in (*notes_of(moved), (moved.reports() / "fairness.html").read_text(encoding="utf-8")):
        assert "Lapsed: the decision below ended on" in shown


def test_a_decision_about_another_model_lets_nothing_through(
    unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign_off(unsigned) == 0
    client, name = unsigned.registry_client(), unsigned.model_name
    signed = client.get_model_version(name, "1")
    other = {**signed.tags, "model_digest": "0" * 64}
    client.create_model_version(name, source=signed.source, run_id=signed.run_id, tags=other)

    assert unsigned.run("promote", "--version", "2") == 50
    assert "another model" in capsys.readouterr().err


def change_log(district: AtWork, **changes: Any) -> None:
    path = district.workspace / "sign_offs.jsonl"
    lines = [{**json.loads(line), **changes} for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines), encoding="utf-8")


def test_a_decision_edited_in_the_log_is_noticed_by_promotion_scoring_and_verification(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    change_log(moved, conditions="none")

    for verb, exit_code in (("promote", 50), ("score", 40), ("verify", 40)):
        assert moved.run(verb) == exit_code
        assert "log was changed after it was written" in capsys.readouterr().err


def test_a_line_taken_out_of_the_log_is_found_though_the_decision_in_force_stands(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    for days in (5, 6, 7):
        assert sign_off(moved, expires=days_from_today(days)) == 0
    path = moved.workspace / "sign_offs.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[3]]), encoding="utf-8")

    assert moved.score() == 0
    capsys.readouterr()
    assert moved.run("verify") == 40
    printed = capsys.readouterr().out
    assert "sign_offs.jsonl, line 3: does not follow from the line before it" in printed
    assert "version 1: the workspace's log was changed beside the sign-off on the version" in printed


def test_a_decision_edited_on_the_version_is_not_promoted(
    unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign_off(unsigned) == 0
    record = {**json.loads(tags_of(unsigned)[SIGN_OFF_TAG]), "expires": "2099-01-01"}
    unsigned.registry_client().set_model_version_tag(
        unsigned.model_name, "1", SIGN_OFF_TAG, json.dumps(record)
    )

    assert unsigned.run("promote") == 50
    assert "changed after it was written" in capsys.readouterr().err

    assert sign_off(unsigned) == 0, "an officer can always decide anew"
    assert unsigned.run("promote") == 0


def test_decisions_recorded_before_there_was_a_chain_still_hold(moved: AtWork) -> None:
    path = moved.workspace / "sign_offs.jsonl"
    record = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(
        {key: record[key] for key in record if key not in ("previous", "recorded_by")}, sort_keys=True
    )
    path.write_text(f"{text}\n", encoding="utf-8")
    moved.registry_client().set_model_version_tag(moved.model_name, "1", SIGN_OFF_TAG, text)

    assert moved.run("promote", "--version", "1") == 0
    assert moved.score() == 0
    assert sign_off(moved) == 0
    assert moved.run("verify") == 0


def test_an_alias_moved_back_by_hand_to_an_earlier_champion_stops_the_night(moved: AtWork) -> None:
    client, name = moved.registry_client(), moved.model_name
    champion = client.get_model_version_by_alias(name, "champion")
    own = {key: text for key, text in champion.tags.items() if key != "promoted_digest"}
    client.create_model_version(name, source=champion.source, run_id=champion.run_id, tags=own)
    assert moved.run("promote", "--version", "2") == 0
    assert moved.score() == 0

    client.set_registered_model_alias(name, "champion", "1")
    assert moved.score() == 40
    assert moved.run("promote", "--version", "1") == 0
    assert moved.score() == 0


def test_lost_figures_beside_the_pages_are_put_back_before_a_banner_is_drawn(unsigned: AtWork) -> None:
    lost: Path = unsigned.reports() / "fairness.json"
    before = lost.read_bytes()
    lost.unlink()

    assert sign_off(unsigned) == 0
    assert lost.read_bytes() == before
