"""The nightly job runs the very bytes that were judged and let through, or nothing (exit 40)."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import shutil
from pathlib import Path

import pytest

from ews.approval import SIGN_OFF_TAG
from ews.school_calendar import today_in
from tests.pipeline.at_work import AtWork, nights_of, sign_off

PARTS = ("model.txt", "calibrator.json", "category_codes.json", "feature_schema.json", "manifest.json")


class Refusal:
    """Scoring that has to be refused, with everything published left as it was."""

    def __init__(self, district: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
        self.district = district
        self._capsys = capsys
        self.remember()

    def remember(self) -> None:
        """Take what is published now for what has to stay."""
        self._before = nights_of(self.district)

    def expect(self, *words: str) -> None:
        self._capsys.readouterr()
        exit_code = self.district.score()
        printed = self._capsys.readouterr()
        assert exit_code == 40, printed.err
        assert "Traceback" not in printed.err
        for word in (*words, "next:"):
            assert word in printed.err
        assert nights_of(self.district) == self._before


@pytest.fixture
def refuses(moved: AtWork, capsys: pytest.CaptureFixture[str]) -> Refusal:
    return Refusal(moved, capsys)


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def audit_file(district: AtWork) -> Path:
    return district.model_folder().parent / "audit" / "fairness.json"


@pytest.mark.parametrize("part", PARTS)
def test_one_flipped_byte_in_the_model_stops_the_night(part: str, refuses: Refusal) -> None:
    flip_a_byte(refuses.district.model_folder() / part)

    refuses.expect("manifest" if part == "manifest.json" else part)


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_of_the_model_stops_the_night(part: str, refuses: Refusal) -> None:
    (refuses.district.model_folder() / part).unlink()

    refuses.expect("missing")


def test_a_model_cut_short_stops_the_night(refuses: Refusal) -> None:
    path = refuses.district.model_folder() / "model.txt"
    path.write_bytes(path.read_bytes()[:-200])

    refuses.expect("model.txt")


@pytest.mark.parametrize("change", ["flipped", "missing"])
def test_an_audit_that_is_not_the_registered_one_stops_the_night(change: str, refuses: Refusal) -> None:
    path = audit_file(refuses.district)
    flip_a_byte(path) if change == "flipped" else path.unlink()

    refuses.expect("audit")


def test_an_alias_moved_by_hand_to_a_version_nobody_promoted_stops_the_night(refuses: Refusal) -> None:
    client, name = refuses.district.registry_client(), refuses.district.model_name
    champion = client.get_model_version_by_alias(name, "champion")
    own = {key: text for key, text in champion.tags.items() if key != "promoted_digest"}
    other = client.create_model_version(name, source=champion.source, run_id=champion.run_id, tags=own)
    client.set_registered_model_alias(name, "champion", other.version)

    refuses.expect("ews promote")


def edit_sign_off(district: AtWork, **changes: str) -> None:
    client, name = district.registry_client(), district.model_name
    champion = client.get_model_version_by_alias(name, "champion")
    record = {**json.loads(champion.tags[SIGN_OFF_TAG]), **changes}
    client.set_model_version_tag(name, champion.version, SIGN_OFF_TAG, json.dumps(record))


@pytest.mark.parametrize("changes", [{"expires": "2099-01-01"}, {"approver": "Somebody Else"}])
def test_an_edited_sign_off_stops_the_night(changes: dict[str, str], refuses: Refusal) -> None:
    edit_sign_off(refuses.district, **changes)

    refuses.expect("sign-off", "changed")


@pytest.mark.parametrize("text", ["", "not json", "[]", "{}"])
def test_a_sign_off_that_is_no_record_stops_the_night(text: str, refuses: Refusal) -> None:
    client, name = refuses.district.registry_client(), refuses.district.model_name
    client.set_model_version_tag(name, "1", SIGN_OFF_TAG, text)

    refuses.expect()


def test_a_sign_off_that_the_workspaces_log_does_not_hold_stops_the_night(refuses: Refusal) -> None:
    (refuses.district.workspace / "sign_offs.jsonl").unlink()

    refuses.expect("log")


def test_a_lapsed_sign_off_stops_the_night(refuses: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, days=30)
    assert refuses.district.score() == 0
    refuses.remember()

    at(monkeypatch, days=31)
    refuses.expect("lapsed")


def at(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let so many days pass; the sign-off is for 30."""
    for module in ("ews.approval", "ews.nightly.service"):
        monkeypatch.setattr(f"{module}.today_in", lambda zone: today_in(zone) + dt.timedelta(days=days))


def test_a_model_that_is_too_old_stops_the_night(refuses: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    with refuses.district.configuration.open("a", encoding="utf-8") as file:
        file.write("nightly: {model_max_age_days: 10}\n")
    at(monkeypatch, days=9)
    assert refuses.district.score() == 0
    refuses.remember()

    at(monkeypatch, days=12)
    refuses.expect("days old")


def test_without_a_champion_there_is_no_night(refuses: Refusal) -> None:
    refuses.district.registry_client().delete_registered_model_alias(refuses.district.model_name, "champion")

    refuses.expect("no model is in service")


def test_a_challenger_alone_is_not_in_service(unsigned: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    assert unsigned.score() == 40

    assert "no model is in service" in capsys.readouterr().err
    assert not (unsigned.workspace / "published").exists()


@pytest.mark.parametrize("tag", ["model_digest", "audit_digest", "gate_verdict", "run_name"])
def test_a_version_that_lost_a_tag_stops_the_night(tag: str, refuses: Refusal) -> None:
    refuses.district.registry_client().delete_model_version_tag(refuses.district.model_name, "1", tag)

    refuses.expect()


@pytest.mark.parametrize("verdict", ["pass", "Pass ", "unknown"])
def test_a_verdict_rewritten_by_hand_stops_the_night(verdict: str, refuses: Refusal) -> None:
    """The audit's own bytes say insufficient_evidence; the tag may not say otherwise."""
    client, name = refuses.district.registry_client(), refuses.district.model_name
    client.set_model_version_tag(name, "1", "gate_verdict", verdict)

    refuses.expect()


def test_a_damaged_registry_is_done_without_while_a_model_was_verified_before(
    refuses: Refusal, capsys: pytest.CaptureFixture[str]
) -> None:
    (refuses.district.folder / "mlruns" / "mlflow.db").write_bytes(b"not a database" * 500)

    assert refuses.district.score() == 10
    assert "The registry could not be opened" in capsys.readouterr().out


def test_a_damaged_registry_stops_the_night_where_no_model_was_verified_before(refuses: Refusal) -> None:
    (refuses.district.folder / "mlruns" / "mlflow.db").write_bytes(b"not a database" * 500)
    shutil.rmtree(refuses.district.workspace / "last_verified_model")

    refuses.expect("registry")


class _Harmful:
    """Unpickling it writes a file."""

    def __init__(self, proof: Path) -> None:
        self._proof = proof

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self._proof), "w")


def test_code_that_a_model_folder_brings_along_is_never_run(moved: AtWork, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    folder = moved.model_folder()
    pickle.loads(pickle.dumps(_Harmful(tmp_path / "works")))  # noqa: S301 - shows that the trap works
    assert (tmp_path / "works").exists()
    for name in ("python_model.pkl", "model.pkl"):
        (folder / name).write_bytes(pickle.dumps(_Harmful(proof)))
    code = f"open({str(proof)!r}, 'w')\n"
    (folder / "code").mkdir()
    for name in ("evil.py", "code/evil.py", "__init__.py", "sitecustomize.py"):
        (folder / name).write_text(code)
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: evil\n    code: code\n"
        "    python_model: python_model.pkl\n"
    )

    assert moved.score() == 0
    assert not proof.exists()


def test_rolling_back_is_promoting_the_earlier_version(moved: AtWork) -> None:
    client, name = moved.registry_client(), moved.model_name
    champion = client.get_model_version_by_alias(name, "champion")
    own = {key: text for key, text in champion.tags.items() if key not in ("promoted_digest", SIGN_OFF_TAG)}
    client.create_model_version(name, source=champion.source, run_id=champion.run_id, tags=own)
    assert sign_off(moved, "--version", "2") == 0
    assert moved.run("promote", "--version", "2") == 0
    assert moved.score() == 0
    assert moved.manifest()["model"]["version"] == "2"

    assert moved.run("promote", "--version", "1") == 0
    assert moved.score() == 0
    assert moved.manifest()["model"]["version"] == "1"


@pytest.mark.parametrize(
    ("before", "after"), [("threshold: 0.10", "threshold: 0.20"), ("grain: district", "grain: school")]
)
def test_a_model_does_not_score_under_another_definition(before: str, after: str, refuses: Refusal) -> None:
    refuses.district.edit(before, after)
    refuses.expect("is not that of the model's training and audit")


def test_other_capacities_are_the_districts_to_choose(moved: AtWork) -> None:
    moved.edit("prevent: {per_school: 15}", "prevent: {per_school: 3}")
    assert moved.score() == 0
