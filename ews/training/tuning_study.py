"""The study of a tuning on disk: what was tried, kept so that an interrupted run goes on.

The only module that imports optuna. A study holds recipes and what they were judged by; no student, no id
and no figure of one student.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ews.errors import UsageError
from ews.private_files import owner_only
from ews.progress import Progress
from ews.training.tuning_space import SPACE, Span
from ews.training.tuning_trial import Judged

if TYPE_CHECKING:
    import optuna

FOLDER = "tuning"
"""In the workspace."""

DAMAGED = ".unreadable"
"""Follows the name of a study that could not be read and was set aside."""

_STUDY_FILE = re.compile(rf"[0-9a-f]{{32}}\.db({re.escape(DAMAGED)}-[0-9]+)?")
"""What a study is called: by a digest (:func:`ews.training.tuning.study_name`), and set aside by a number."""

_KEPT = 3
_STUDY = "tuning"
_JUDGED = "judged"


@dataclass(frozen=True)
class Trial:
    """A finished trial: the values it tried, and what they were judged by."""

    values: dict[str, float]
    judged: Judged


def need_optuna() -> Any:
    """Return optuna.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise UsageError(
            "training.tune is set, and optuna is not installed",
            expected="the package optuna, which only tuning needs",
            where="training.tune",
            next_step="install it with `pip install 'ews[tune]'`, or leave training.tune out",
        ) from None
    return optuna


class Study:
    """Recipes that were tried on one and the same bench, in the order in which they were tried.

    Use :func:`opened`.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._asked: optuna.Trial | None = None
        self._release()
        self.trials = self._finished()

    def go_on(self, seed: int, values: dict[str, float] | None = None) -> dict[str, float]:
        """Begin the next trial and return the values to try: those given, or the sampler's proposal.

        The proposal depends on the seed, the number of finished trials and what they found, and on nothing
        else: not on how often the run was interrupted. It is settled by :meth:`keep`.
        """
        sampling = need_optuna().samplers
        if values is not None:
            self._asked = None
            return values
        own_seed = np.random.SeedSequence([seed, len(self.trials)]).generate_state(1)[0]
        self._study.sampler = sampling.TPESampler(seed=int(own_seed))
        self._asked = self._study.ask({span.name: _distribution(span) for span in SPACE})
        return {span.name: self._asked.params[span.name] for span in SPACE}

    def keep(self, values: dict[str, float], judged: Judged) -> None:
        """Write down what the trial begun last was judged by."""
        figures = {_JUDGED: asdict(judged)}
        if self._asked is None:
            self._study.add_trial(_given(values, judged.value, figures))
        else:
            self._asked.set_user_attr(_JUDGED, figures[_JUDGED])
            self._study.tell(self._asked, judged.value)
        self.trials.append(Trial(values, judged))

    def _finished(self) -> list[Trial]:
        state = need_optuna().trial.TrialState
        found = self._study.get_trials(deepcopy=False, states=[state.COMPLETE])
        return [_read(each.params, each.value, each.user_attrs[_JUDGED]) for each in found]

    def _release(self) -> None:
        """Give up a trial that a run began and did not end; the sampler does not see it."""
        state = need_optuna().trial.TrialState
        for each in self._study.get_trials(deepcopy=False, states=[state.RUNNING]):
            self._study.tell(each.number, state=state.FAIL)


@contextmanager
def opened(workspace: Path, name: str, progress: Progress) -> Iterator[Study]:
    """Open the study of that name in a workspace, or begin it; the newest few are kept, and no others.

    A file that cannot be read is set aside beside it, never overwritten, and ``progress`` is told.

    Parameters
    ----------
    name : str
        A digest of everything that a trial's figures rest on.
    """
    folder = workspace / FOLDER
    path = folder / f"{name}.db"
    with owner_only(), _quiet():
        folder.mkdir(parents=True, exist_ok=True)
        _remove_older(folder, path)
        try:
            storage, study = _load(path)
        except Exception:  # what a damaged file may raise is not known
            if not path.exists():
                raise
            aside = _set_aside(path)
            progress(
                f"Tuning: {path.name} cannot be read; it was kept as {aside}, and tuning begins anew", 0.0
            )
            storage, study = _load(path)
        try:
            yield study
        finally:
            storage.engine.dispose()


def _load(path: Path) -> tuple[Any, Study]:
    """Open a study and read all of it."""
    optuna = need_optuna()
    if path.exists():
        _check_whole(path)
    # By a function: as part of a URL, some names of folders would need quoting.
    storage = optuna.storages.RDBStorage(
        "sqlite:///study.db", engine_kwargs={"creator": lambda: _connected(path)}
    )
    try:
        study = optuna.create_study(
            storage=storage, study_name=_STUDY, load_if_exists=True, direction="maximize"
        )
        return storage, Study(study)
    except BaseException:
        storage.engine.dispose()
        raise


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=60, check_same_thread=False)


def _check_whole(path: Path) -> None:
    """Raise unless a file is a whole database of optuna's, or an empty one; nothing is written to it."""
    with closing(_connected(path)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchall()
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    if found != [("ok",)] or (tables and "version_info" not in tables):
        msg = "the study is damaged"
        raise ValueError(msg)


def _set_aside(path: Path) -> str:
    """Rename a study, and what SQLite left beside it, and return its new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}{DAMAGED}-{number}")).exists():
        number += 1
    path.rename(aside)
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists():
        journal.rename(aside.with_name(f"{aside.name}-journal"))
    return aside.name


def _remove_older(folder: Path, own: Path) -> None:
    """Remove all but the newest other studies; a few hundred trials take a few megabytes.

    What is not named as a study is somebody else's, and stays.
    """
    others = [each for each in folder.iterdir() if each != own and _is_study(each)]
    newest = sorted(others, key=lambda each: (each.stat().st_mtime_ns, each.name), reverse=True)
    for old in newest[_KEPT - 1 :]:
        old.unlink()
        old.with_name(f"{old.name}-journal").unlink(missing_ok=True)


def _is_study(path: Path) -> bool:
    """Whether a file is a study by its name, or one that was set aside."""
    return bool(_STUDY_FILE.fullmatch(path.name)) and path.is_file()


def _given(values: dict[str, float], value: float, figures: dict[str, Any]) -> Any:
    """Return a finished trial of values that no sampler proposed."""
    spans = {span.name: _distribution(span) for span in SPACE}
    return need_optuna().trial.create_trial(
        value=value, params=values, distributions=spans, user_attrs=figures
    )


def _distribution(span: Span) -> Any:
    """Return a span in optuna's words."""
    ranges = need_optuna().distributions
    if span.whole:
        return ranges.IntDistribution(int(span.low), int(span.high), log=span.log)
    return ranges.FloatDistribution(span.low, span.high, log=span.log)


def _read(values: dict[str, Any], value: float | None, figures: dict[str, Any]) -> Trial:
    """Return a finished trial; whatever is missing or does not fit raises."""
    judged = Judged(**{**figures, "draws": tuple(float(each) for each in figures["draws"])})
    if value != judged.value or set(values) != {span.name for span in SPACE}:
        msg = "a trial's figures do not fit"
        raise ValueError(msg)
    return Trial(dict(values), judged)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep optuna's own log off the console: progress tells what there is to tell."""
    logging = need_optuna().logging
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)
