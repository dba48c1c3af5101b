"""``training.tune``: recipes are tried one after another, and one is chosen before the model is fitted.

What varies is the size and the speed of the trees (:mod:`ews.training.tuning_space`), never what a model may
see or whom it is fitted on. Every trial is judged on students that it was not fitted on
(:mod:`ews.training.tuning_trial`), none of the test year. Trials are kept on disk
(:mod:`ews.training.tuning_study`): a run that was interrupted goes on where it was, to the same end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ews.digests import canonical_json, digest_of
from ews.model import booster
from ews.model.labelled_rows import LabelledRows
from ews.model.recipes import Recipe
from ews.progress import Progress
from ews.training.tuning_rule import Tuned, not_tuned, tuned_by_rule
from ews.training.tuning_space import SPACE, recipe_of, values_of
from ews.training.tuning_study import Trial, opened
from ews.training.tuning_trial import Bench, bench, judge
from ews.training_settings import Tune

_WAY_OF_JUDGING = 1
"""To be raised when equal rows and recipes would be judged by other figures: older studies then rest."""


def tune(
    settings: Tune,
    train: LabelledRows,
    validation: LabelledRows | None,
    *,
    data_digest: str,
    workspace: Path,
    seed: int,
    progress: Progress,
) -> Tuned:
    """Try ``settings.trials`` recipes and return the chosen one, the same for equal rows and seed.

    Parameters
    ----------
    train, validation : LabelledRows
        As for :func:`ews.model.fitting.fit_model`.
    data_digest : str
        Of these rows: a study made on others is another study.
    workspace : Path
        Where studies are kept, in a folder of their own.

    Raises
    ------
    UsageError
        If optuna is not installed.
    """
    on = bench(train, validation, seed)
    if not on.usable:
        return not_tuned(
            "among students not yet chronically absent, too few have either outcome to compare by"
        )
    with opened(workspace, study_name(on, data_digest), progress) as study:
        while len(study.trials) < settings.trials:
            progress(_step(study.trials, settings.trials), len(study.trials) / settings.trials)
            # The defaults come first, so that every other recipe is measured against them.
            values = study.go_on(seed, None if study.trials else values_of(Recipe()))
            study.keep(values, judge(on, recipe_of(values)))
        # A study that once went further ends here as it would have then.
        return tuned_by_rule(study.trials[: settings.trials], _how(on, validation is not None))


def study_name(on: Bench, data_digest: str) -> str:
    """Return a digest of everything that a trial's figures and the next proposal rest on."""
    features = list(on.folds[0].train.features.columns)
    rests_on = {
        "data": data_digest,
        "seed": on.seed,
        "space": [asdict(span) for span in SPACE],
        "defaults": booster.parameters(features, on.most_rows_of_a_student, on.seed),
        "judging": [_WAY_OF_JUDGING, len(on.folds), on.sampled],
        "ranked": _ranked_rows(on),
        "libraries": {name: version(name) for name in ("optuna", "lightgbm", "numpy")},
    }
    return digest_of(canonical_json(rests_on))[:32]


def _ranked_rows(on: Bench) -> str:
    """Return a digest of which rows are ranked: a definition can change that alone."""
    halves = [half.standing for fold in on.folds for half in fold.halves]
    marks = [half["already_chronic"].to_numpy(dtype=bool) for half in halves]
    return digest_of(np.concatenate(marks).tobytes())


def _step(trials: Sequence[Trial], of: int) -> str:
    best = f", best so far {max(each.judged.value for each in trials):.4f}" if trials else ""
    return f"Tuning: trial {len(trials) + 1} of {of}{best}"


def _how(on: Bench, has_validation: bool) -> str:
    rows, students = len(on.folds[0].train.standing), on.students_ranked
    where = "of the validation year" if has_validation else "of the training year, each by a fit on others"
    times = f" ({len(on.folds)} times, about so many)" if len(on.folds) > 1 else ""
    cost = " To bound the cost, students are sampled." if on.sampled else ""
    return (
        f"Every recipe was fitted on the same {rows:,} rows{times} and judged on {students:,} students "
        f"{where}, while not yet chronically absent: one half of them says how many trees, the other judges, "
        "and both in turn. What each source of data adds, and how earlier years went, is reported for models "
        f"of the chosen recipe.{cost}"
    )
