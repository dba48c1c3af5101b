"""A tuning that is interrupted, resumed, damaged or repeated: always the same end, and nothing lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ews.errors import UsageError
from ews.model.labelled_rows import LabelledRows
from ews.model.recipes import Recipe
from ews.progress import Progress, silent
from ews.training import tuning, tuning_study
from ews.training.tuning import study_name, tune
from ews.training.tuning_rule import Tuned
from ews.training.tuning_study import FOLDER, need_optuna
from ews.training.tuning_trial import Bench, Judged, bench
from ews.training_settings import Tune
from tests.model.uneven_records import year

TRAIN, HELD = (year(number, left=0.0, visits_tell=0.8, students=200)[0] for number in (2022, 2023))
TRIALS = 12
"""More than the ten that the sampler draws at random before it learns from what it found."""


class Stop(Exception):  # noqa: N818
    """An interruption."""


def _figures(_: Bench, recipe: Recipe) -> Judged:
    """Judge without a fit: best at 9 leaves and a learning rate of 0.06."""
    value = 0.9 - 0.1 * np.log(recipe.leaves / 9) ** 2 - 0.1 * np.log(recipe.learning_rate / 0.06) ** 2
    return Judged(float(value), 50.0, 50.0 * recipe.leaves, (0.001 * recipe.depth, -0.002))


def _without_waiting(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


@pytest.fixture(scope="module", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out what only a power failure needs: most of the time here would go there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning_study, "_connected", _without_waiting)
        yield


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """Every recipe that was judged, in order."""
    found: list[Recipe] = []

    def judge(on: Bench, recipe: Recipe) -> Judged:
        found.append(recipe)
        return _figures(on, recipe)

    monkeypatch.setattr(tuning, "judge", judge)
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tuned, list[Recipe]]:
    """A run that nothing interrupted."""
    with pytest.MonkeyPatch.context() as patch:
        found: list[Recipe] = []
        patch.setattr(tuning, "judge", lambda on, recipe: (found.append(recipe), _figures(on, recipe))[1])
        return _tuned(tmp_path_factory.mktemp("whole")), found


def _tuned(workspace: Path, *, trials: int = TRIALS, seed: int = 1, progress: Progress = silent) -> Tuned:
    return tune(
        Tune(trials=trials),
        TRAIN,
        HELD,
        data_digest="of these rows",
        workspace=workspace,
        seed=seed,
        progress=progress,
    )


def _file(workspace: Path) -> Path:
    (found,) = (workspace / FOLDER).glob("*.db")
    return found


def _own(folder: Path) -> Path:
    """The newest study."""
    return max(folder.glob("*.db"), key=lambda each: (each.is_file(), each.stat().st_mtime_ns))


def _states(workspace: Path) -> list[str]:
    with closing(sqlite3.connect(_file(workspace))) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM trials ORDER BY number")]


def _interrupted(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, at: int, error: type[BaseException]
) -> None:
    """Run until the trial of that number is being judged."""
    begun = 0

    def judge(on: Bench, recipe: Recipe) -> Judged:
        nonlocal begun
        begun += 1
        if begun == at:
            raise error
        return _figures(on, recipe)

    with monkeypatch.context() as patch:
        patch.setattr(tuning, "judge", judge)
        with pytest.raises(error):
            _tuned(workspace)


# Reproducible


def test_the_defaults_are_tried_first_and_then_each_recipe_once(whole: tuple[Tuned, list[Recipe]]) -> None:
    tuned, recipes = whole

    assert recipes[0] == Recipe()
    assert len(recipes) == len(set(recipes)) == TRIALS
    assert tuned.record["trials"] == TRIALS
    assert tuned.recipe in recipes[1:]


def test_equal_seed_and_rows_give_the_same_recipes_and_another_seed_gives_others(
    whole: tuple[Tuned, list[Recipe]], tried: list[Recipe], tmp_path: Path
) -> None:
    assert _tuned(tmp_path / "again") == whole[0]
    assert tried == whole[1]
    tried.clear()
    _tuned(tmp_path / "other", seed=2, trials=4)
    assert tried[0] == Recipe()
    assert not set(tried[1:]) & set(whole[1][1:])


@pytest.mark.parametrize(
    "change",
    [{"data_digest": "of other rows"}, {"seed": 2}, {"version": "9.9"}, {"most": 2}, {"space": 3}],
    ids=lambda change: next(iter(change)),
)
def test_a_study_goes_on_only_where_all_that_it_rests_on_is_the_same(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    on = bench(TRAIN, HELD, 1)
    name = study_name(on, "of these rows")
    assert study_name(bench(TRAIN, HELD, 1), "of these rows") == name

    if "version" in change:
        monkeypatch.setattr(tuning, "version", lambda _: "9.9")
    if "space" in change:
        monkeypatch.setattr(tuning, "SPACE", tuning.SPACE[:3])
    other = Bench(on.folds, change.get("most", on.most_rows_of_a_student), change.get("seed", 1), on.sampled)
    assert study_name(other, change.get("data_digest", "of these rows")) != name


@pytest.mark.parametrize("held", [HELD, None], ids=["validation year", "folds"])
def test_a_study_does_not_go_on_where_other_rows_are_ranked(held: LabelledRows | None) -> None:
    rows = TRAIN if held is None else held
    standing = rows.standing.assign(already_chronic=np.arange(len(rows.standing)) == 7)
    changed = LabelledRows(standing, rows.features, {})
    other = (changed, None) if held is None else (TRAIN, changed)

    # One row of one student: a definition can do that while ids, dates, labels and features stay.
    assert study_name(bench(*other, 1), "of these rows") != study_name(bench(TRAIN, held, 1), "of these rows")


# Resumable


@pytest.mark.parametrize(("at", "error"), [(1, Stop), (2, KeyboardInterrupt), (TRIALS, Stop)])
def test_an_interrupted_run_goes_on_with_the_same_trial_and_ends_the_same(
    at: int,
    error: type[BaseException],
    whole: tuple[Tuned, list[Recipe]],
    tried: list[Recipe],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _interrupted(tmp_path, monkeypatch, at, error)
    # The defaults are no proposal of the sampler: nothing of them is on disk before they are judged.
    assert _states(tmp_path) == ["COMPLETE"] * (at - 1) + ["RUNNING"] * (at > 1)
    steps: list[str] = []

    assert _tuned(tmp_path, progress=lambda step, _: steps.append(step)) == whole[0]
    assert tried == whole[1][at - 1 :]
    assert steps[0].startswith(f"Tuning: trial {at} of {TRIALS}")
    assert _states(tmp_path).count("FAIL") == (at > 1)
    assert _states(tmp_path).count("COMPLETE") == TRIALS


def test_a_run_interrupted_again_and_again_ends_the_same(
    whole: tuple[Tuned, list[Recipe]], tried: list[Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (3, 1, 5, 4):
        _interrupted(tmp_path, monkeypatch, at, Stop)

    assert _tuned(tmp_path) == whole[0]
    assert tried == whole[1][9:]


def test_a_finished_tuning_is_not_done_again(tried: list[Recipe], tmp_path: Path) -> None:
    once = _tuned(tmp_path, trials=4)
    tried.clear()

    assert _tuned(tmp_path, trials=4) == once
    assert tried == []


def test_more_trials_go_on_and_fewer_end_where_fewer_would_have(
    whole: tuple[Tuned, list[Recipe]], tried: list[Recipe], tmp_path: Path
) -> None:
    few = _tuned(tmp_path, trials=5)

    assert _tuned(tmp_path) == whole[0]
    assert tried == whole[1]
    assert _tuned(tmp_path, trials=5) == few
    assert few != whole[0]


_SLOWLY = """
import sys, time
from pathlib import Path
from ews.training import tuning
from tests.model.test_tuning_study import _tuned

judge = tuning.judge

def slowly(on, recipe):
    time.sleep(0.3)
    return judge(on, recipe)

tuning.judge = slowly
_tuned(Path(sys.argv[1]), progress=lambda step, _: print(step, flush=True))
"""


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    once = _tuned(tmp_path / "whole")
    repository = Path(__file__).parents[2]
    running = subprocess.Popen(
        [sys.executable, "-c", _SLOWLY, str(tmp_path / "killed")],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith("Tuning: trial 6"):
            break
    time.sleep(0.1)
    running.send_signal(signal.SIGKILL)
    running.wait(timeout=30)
    assert _states(tmp_path / "killed") == ["COMPLETE"] * 5 + ["RUNNING"]
    steps: list[str] = []

    assert _tuned(tmp_path / "killed", progress=lambda step, _: steps.append(step)) == once
    assert steps[0].startswith("Tuning: trial 6 of")


# What is told


def test_progress_tells_which_trial_of_how_many_and_the_best_so_far(
    whole: tuple[Tuned, list[Recipe]], tried: list[Recipe], tmp_path: Path
) -> None:
    told: list[tuple[str, float]] = []
    _tuned(tmp_path, trials=4, progress=lambda step, share: told.append((step, share)))
    best = [max(_figures(bench(TRAIN, HELD, 1), each).value for each in tried[:count]) for count in (1, 2, 3)]

    assert told[0] == ("Tuning: trial 1 of 4", 0.0)
    assert told[1:] == [
        (f"Tuning: trial {number} of 4, best so far {value:.4f}", (number - 1) / 4)
        for number, value in zip((2, 3, 4), best, strict=True)
    ]


def test_the_library_says_nothing_and_keeps_its_own_settings(
    tried: list[Recipe], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = need_optuna().logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _tuned(tmp_path, trials=2)

    assert capfd.readouterr() == ("", "")
    assert need_optuna().logging.get_verbosity() == before


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError) as refused:
        need_optuna()
    assert refused.value.exit_code == 2
    assert "pip install 'ews[tune]'" in refused.value.next_step
    assert refused.value.where == "training.tune"


# On disk


def test_a_study_can_be_read_by_its_owner_only_whatever_the_account_does_by_default(
    tried: list[Recipe], tmp_path: Path
) -> None:
    before = os.umask(0o022)
    try:
        _tuned(tmp_path, trials=2)
    finally:
        os.umask(before)

    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700
    assert _file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_study_holds_no_student(tmp_path: Path) -> None:
    _tuned(tmp_path, trials=2)
    content = _file(tmp_path).read_bytes()

    for rows in (TRAIN, HELD):
        assert not [each for each in rows.standing["student_id"] if each.encode() in content]
    assert b"learning_rate" in content


@pytest.mark.parametrize("name", ["a b", "100%", "what?", "so #1", "ünï"])
def test_a_workspace_may_be_called_anything(name: str, tried: list[Recipe], tmp_path: Path) -> None:
    _tuned(tmp_path / name, trials=2)

    assert _file(tmp_path / name).exists()
    assert [each.name for each in tmp_path.iterdir()] == [name]


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE studies (study_id INTEGER)")
        connection.commit()


def _in_place(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute(statement).rowcount > 0
            connection.commit()

    return change


DAMAGE = {
    "garbage": _garbage,
    "cut short": _cut_short,
    "of another program": _of_another_program,
    "figures gone": _in_place("DELETE FROM trial_user_attributes WHERE trial_id = 3"),
    "another value": _in_place("UPDATE trial_values SET value = 0.0 WHERE trial_id = 3"),
    "another parameter": _in_place(
        "UPDATE trial_params SET param_name = 'shoe size' WHERE param_name = 'depth'"
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_study_is_set_aside_and_tuning_begins_anew(
    damage: Callable[[Path], None], tried: list[Recipe], tmp_path: Path
) -> None:
    once, recipes = _tuned(tmp_path, trials=4), list(tried)
    path = _file(tmp_path)
    damage(path)
    broken = path.read_bytes()
    tried.clear()
    steps: list[str] = []

    assert _tuned(tmp_path, trials=4, progress=lambda step, _: steps.append(step)) == once
    aside = path.with_name(f"{path.name}.unreadable-1")
    assert aside.read_bytes() == broken
    assert (
        steps[0] == f"Tuning: {path.name} cannot be read; it was kept as {aside.name}, and tuning begins anew"
    )
    assert tried == recipes


def test_what_was_set_aside_before_is_not_overwritten(tried: list[Recipe], tmp_path: Path) -> None:
    for _ in range(2):
        _tuned(tmp_path, trials=1)
        _garbage(_file(tmp_path))
    _tuned(tmp_path, trials=1)

    assert sorted(each.name.rpartition(".")[2] for each in (tmp_path / FOLDER).iterdir()) == [
        "db",
        "unreadable-1",
        "unreadable-2",
    ]


def test_only_the_newest_studies_stay(tried: list[Recipe], tmp_path: Path) -> None:
    for seed in range(5):
        _tuned(tmp_path, trials=1, seed=seed)
        newest = max((tmp_path / FOLDER).iterdir(), key=lambda each: each.stat().st_mtime_ns)
        os.utime(newest, (seed, seed))
    left = sorted(int(each.stat().st_mtime) for each in (tmp_path / FOLDER).iterdir())
    assert left == [2, 3, 4]
    tried.clear()

    _tuned(tmp_path, trials=2, seed=2)  # the oldest of them goes on, and is not removed for its age
    assert len(tried) == 1


def test_what_is_not_a_study_stays(tried: list[Recipe], tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    (folder / "notes").mkdir(parents=True)
    (folder / f"{'a' * 32}.db").mkdir()
    foreign = ["notes.txt", "ours.db", f"{'0' * 32}.db.old", f"{'0' * 32}.db.unreadable-", f"{'g' * 32}.db"]
    old = [f"{'b' * 32}.db", f"{'c' * 32}.db.unreadable-1", f"{'d' * 32}.db", f"{'e' * 32}.db.unreadable-12"]
    for age, name in enumerate([*foreign, *old]):
        (folder / name).touch()
        os.utime(folder / name, (age, age))

    _tuned(tmp_path, trials=1)
    left = {each.name for each in folder.iterdir()} - {_own(folder).name}
    assert left == {"notes", f"{'a' * 32}.db", *foreign, *old[2:]}
