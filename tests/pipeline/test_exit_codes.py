"""What a scheduler sees: one exit code per kind of trouble, and a message that says what to do next."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ews.cli import run_command
from ews.simulate.district import simulate
from tests.pipeline.at_work import AS_OF, AtWork, copy_of

HOLDER = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """A small district with a store and no model. Not to be changed."""
    configuration = simulate(tmp_path_factory.mktemp("small") / "district", students=80, years=2, seed=4)
    district = AtWork(configuration.parent)
    assert district.run("ingest") == 0
    assert district.run("verify") == 40  # which makes a registry, so that not every copy has to
    return district


@pytest.fixture
def small(loaded: AtWork, tmp_path: Path) -> AtWork:
    return copy_of(loaded, tmp_path / "small district")


def refused(district_or_arguments: list[str], exit_code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that has to be refused; return what it says on standard error."""
    capsys.readouterr()
    assert run_command(district_or_arguments) == exit_code
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    assert "found:" in printed.err
    assert "next:" in printed.err
    return printed.err


def test_an_unknown_key_is_named_with_the_one_that_was_meant(
    small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    small.edit("min_enrolled_days: 10", "min_enroled_days: 10")

    message = refused(["score", "-c", str(small.configuration)], 2, capsys)
    assert "min_enroled_days" in message
    assert "did you mean 'min_enrolled_days'" in message


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("score", ["--as-of", "15.01.2026"]),
        ("score", ["--as-of", "2026-02-30"]),
        ("score", ["--as-of", "1999-01-15"]),
        ("nightly", ["--as-of", "tomorrow"]),
        ("ingest", ["--loaded-at", "noon"]),
        ("score", ["--unknown-option"]),
        ("train", ["--by"]),
    ],
)
def test_wrong_usage_is_exit_2(
    verb: str, options: list[str], small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    refused([verb, "-c", str(small.configuration), *options], 2, capsys)


def test_a_missing_configuration_an_unknown_verb_and_a_missing_option_are_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(["score", "-c", str(tmp_path / "none.yaml")], 2, capsys)
    refused(["scroe"], 2, capsys)
    refused(["score"], 2, capsys)
    refused(["simulate", "--students", "10", "--out", str(tmp_path / "d")], 2, capsys)


def test_a_configuration_that_is_not_yaml_is_exit_2(
    small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    small.configuration.write_text("district: [unclosed\n")

    assert "line" in refused(["score", "-c", str(small.configuration)], 2, capsys)


def expired(district: AtWork) -> None:
    district.edit("expires: 2099-12-31", "expires: 2020-12-31")


def test_meals_as_a_feature_without_an_authorization_in_force_are_exit_2(
    small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    expired(small)

    assert "expired" in refused(["ingest", "-c", str(small.configuration)], 2, capsys)


def one_unmapped_code(rows: pd.DataFrame) -> pd.DataFrame:
    changed = rows.copy()
    changed.loc[changed.index[5], "code"] = "Q"
    return changed


def unknown_student(rows: pd.DataFrame) -> pd.DataFrame:
    changed = rows.copy()
    changed.loc[changed.index[5], "student_id"] = "nobody we know"
    return changed


def missing_column(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns="date")


@pytest.mark.parametrize("fault", [one_unmapped_code, unknown_student, missing_column])
@pytest.mark.parametrize("verb", ["check", "ingest", "nightly"])
def test_refused_data_is_exit_20_and_changes_no_byte_of_the_store(
    verb: str, fault: object, small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(fault)
    small.change_extract("attendance", fault)
    before = small.store.read_bytes()

    refused([verb, "-c", str(small.configuration)], 20, capsys)
    assert small.store.read_bytes() == before


def test_a_first_load_that_is_refused_leaves_no_store(
    small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    small.store.unlink()
    small.change_extract("attendance", one_unmapped_code)

    refused(["ingest", "-c", str(small.configuration)], 20, capsys)
    assert not small.store.exists()


def test_checking_changes_nothing(small: AtWork) -> None:
    small.store.unlink()
    before = sorted(small.folder.rglob("*"))

    assert small.run("check") == 0
    assert sorted(small.folder.rglob("*")) == before


def test_too_short_a_history_to_train_on_is_exit_20(
    small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(["train", "-c", str(small.configuration)], 20, capsys)

    assert "1 complete school year" in message
    assert "at least 2" in message


def test_without_a_store_there_is_nothing_to_train_on(
    small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    small.store.unlink()

    assert "ews ingest" in refused(["train", "-c", str(small.configuration)], 20, capsys)


@pytest.mark.parametrize("verb", ["ingest", "train", "promote", "score", "nightly"])
def test_a_workspace_that_another_process_works_in_is_exit_30(
    verb: str, small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(small.workspace / ".lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        refused([verb, "-c", str(small.configuration)], 30, capsys)
        holder.communicate()
    assert run_command(["ingest", "-c", str(small.configuration)]) == 0, "the lock died with its holder"


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["check"], 0),
        (["ingest"], 0),
        (["train"], 20),
        (["promote"], 40),
        (["score"], 40),
        (["verify"], 40),
        (["score", "--as-of", "soon"], 2),
        (["score", "--nonsense"], 2),
    ],
)
def test_json_is_one_object_with_the_exit_code_in_success_and_in_error(
    arguments: list[str], exit_code: int, small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    verb, *options = arguments
    assert small.run(verb, *options, "--json") == exit_code

    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert answer["exit_code"] == exit_code
    assert ("error" in answer) == (exit_code != 0)
    if exit_code:
        assert answer["error"]["found"]
    assert printed.err == ""


def test_a_refusing_check_as_json_lists_the_findings(
    small: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    small.change_extract("attendance", one_unmapped_code)

    assert small.run("check", "--json") == 20
    answer = json.loads(capsys.readouterr().out)
    assert answer["exit_code"] == 20
    assert [each["severity"] for each in answer["findings"]].count("refused") == 1


@pytest.mark.parametrize("as_json", [False, True])
def test_a_night_tells_what_it_published(
    as_json: bool, moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved.run("score", "--as-of", AS_OF.isoformat(), *(["--json"] if as_json else [])) == 0

    printed = capsys.readouterr().out
    listed = moved.manifest()["rows"]["listed"]
    if as_json:
        answer = json.loads(printed)
        assert answer["exit_code"] == 0
        assert answer["rows"]["listed"] == listed
        assert answer["as_of"] == AS_OF.isoformat()
    else:
        assert f"{listed} on the lists" in printed
        assert "Signed off by Ada Officer" in printed


@pytest.mark.parametrize("as_json", [False, True])
def test_a_defect_of_ours_is_exit_1_and_never_prints_the_value_it_met(
    as_json: bool, loaded: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    value = "-".join(["canary", "00012345"])  # in one piece it would stand in the traceback's source lines

    def broken(*_: object, **__: object) -> None:
        try:
            raise KeyError(value)
        except KeyError as error:
            raise ValueError(value) from error

    monkeypatch.setattr("ews.nightly.verify.Registry", broken)
    assert loaded.run("verify", *(["--json"] if as_json else [])) == 1

    printed = capsys.readouterr()
    assert value not in printed.out + printed.err
    assert "ValueError" in printed.err
    assert "test_exit_codes.py" in printed.err, "a maintainer needs the place"
    if as_json:
        assert json.loads(printed.out)["exit_code"] == 1


def test_training_without_a_store_is_refused_and_makes_no_registry(loaded: AtWork, tmp_path: Path) -> None:
    district = copy_of(loaded, tmp_path / "no store yet")
    shutil.rmtree(district.workspace, ignore_errors=True)
    shutil.rmtree(district.folder / "mlruns", ignore_errors=True)

    assert district.run("train") == 20
    assert not (district.folder / "mlruns").exists()
