"""The search for a less discriminatory alternative: race-neutral candidates, and one of them chosen by rule.

First every candidate is fitted and gives its risks; only then are group outcomes looked at, and they do
one thing: choose. The test year plays no part, so evaluation and audit judge the choice on students that
nothing has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ews.config import CandidateName, Candidates, Config
from ews.equity.groups import LeftOut
from ews.errors import DataRefused
from ews.model import booster
from ews.model.baselines import rules_of_thumb
from ews.model.calibrate import apply_calibrator, held_out_risks
from ews.model.fitting import FittedModel, fit_model
from ews.model.labelled_rows import LabelledRows
from ews.model.lift_side_by_side import lifts
from ews.model.model_files import digest_of_model
from ews.model.recipes import RECIPES
from ews.model.years import YearPlan
from ews.progress import Progress
from ews.training.candidates_by_group import judged_groups, lists_of, worst_excess_miss_rate
from ews.training.candidates_rule import Judged, chosen_by_rule, record_of


@dataclass(frozen=True)
class Candidate:
    """One fitted model, and its risks on the validation year.

    Attributes
    ----------
    risks : array of shape (rows,)
        As the model gives them: they fill the lists, and their order is the lift.
    held_out : array of shape (rows,)
        Calibrated without the student's own outcome: what need is measured against.
    """

    name: CandidateName
    model: FittedModel
    risks: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Choice:
    """What was chosen, and ``candidates`` of ``fairness.json``."""

    model: FittedModel
    record: dict[str, Any]

    def tags(self) -> dict[str, str]:
        """Return what the registry says of it."""
        return {
            "candidate": str(self.record["chosen"]),
            "candidates_approved_by": str(self.record["approved_by"]),
        }

    def limits(self) -> list[str]:
        """Return what a model card says of it: how it came to be chosen, and what it does without."""
        name: CandidateName = self.record["chosen"]
        without = RECIPES[name].recipe.without
        unused = [f"No tree of it uses: {', '.join(without)}."] if without else []
        return [str(self.record["sentence"]), *unused]


def metrics_of(record: Mapping[str, Any] | None) -> dict[str, float]:
    """Return every candidate's figures by name for the registry, those that are defined and not suppressed.

    Parameters
    ----------
    record : mapping or None
        ``candidates`` of ``fairness.json``, as the report shows it.
    """
    figures = {}
    for each in record["frontier"] if record else []:
        figures[f"candidate_{each['name']}_lift"] = each["lift"]["value"]
        figures[f"candidate_{each['name']}_worst_excess_fnr"] = each["worst_excess_fnr"]
    return {name: value for name, value in figures.items() if isinstance(value, float)}


def need_a_validation_year(settings: Candidates | None, plan: YearPlan) -> None:
    """Refuse a search where no year is left to choose on.

    Raises
    ------
    DataRefused
        If candidates are to be compared and the plan has no validation year.
    """
    if settings is None or plan.validation is not None:
        return
    raise DataRefused(
        f"training.candidates compares {len(settings.among)} candidates on a validation year, and no "
        "complete school year is left for one",
        expected="at least 4 complete school years (history, train, validate, test)",
        where="the store",
        next_step="load extracts of an earlier school year, or leave training.candidates out until then",
    )


def fit_candidates(
    config: Config,
    settings: Candidates,
    train: LabelledRows,
    validation: LabelledRows,
    whole_year: LabelledRows,
    progress: Progress,
) -> list[Candidate]:
    """Fit every candidate and score the validation year, in the configured order.

    Parameters
    ----------
    train, validation : LabelledRows
        As for :func:`ews.model.fitting.fit_model`.
    whole_year : LabelledRows
        Every student of the validation year, also where fitting sampled some.
    """
    found = []
    for number, name in enumerate(settings.among, start=1):
        step = f"Training candidate {number} of {len(settings.among)}: {RECIPES[name].title.lower()}"
        model = fit_model(
            train,
            validation,
            seed=config.training.seed,
            progress=_named(step, progress),
            recipe=RECIPES[name].recipe,
        )
        found.append(_scored(name, model, whole_year, config.training.seed))
    return found


def choose(
    candidates: Sequence[Candidate],
    whole_year: LabelledRows,
    groups: pd.DataFrame,
    config: Config,
    settings: Candidates,
    left_out: Mapping[str, LeftOut] | None = None,
) -> Choice:
    """Choose among finished candidates by :data:`ews.training.candidates_rule.RULE`.

    Parameters
    ----------
    candidates : sequence of Candidate
        What :func:`fit_candidates` returned; nothing about them can change any more.
    whole_year : LabelledRows
        The validation year.
    groups : DataFrame
        The audit frame, one row per student_id. It is read here and nowhere before.
    left_out : mapping of str to LeftOut, optional
        By attribute: whom it says nothing about.
    """
    rows = pd.concat([whole_year.standing, rules_of_thumb(whole_year.features)], axis=1)
    found = lifts(
        rows,
        {each.name: each.risks for each in candidates},
        resamples=config.training.resamples,
        seed=config.training.seed,
    )
    sides = judged_groups(rows, groups, config.audit, left_out)
    judged = []
    for each in candidates:
        lists = lists_of(rows.assign(risk=each.risks), config.outreach.capacity, whole_year.enrolled)
        worst = worst_excess_miss_rate(rows.assign(risk=each.held_out), sides, lists)
        judged.append(Judged(each.name, found.get(each.name), worst, digest_of_model(each.model)))
    chosen = chosen_by_rule(judged)
    model = next(each.model for each in candidates if each.name == chosen.name)
    return Choice(model, record_of(judged, settings.approved_by))


def _named(step: str, progress: Progress) -> Progress:
    """Return a progress callback that always tells one step's name."""
    return lambda _, share: progress(step, share)


def _scored(name: CandidateName, model: FittedModel, year: LabelledRows, seed: int) -> Candidate:
    scores = booster.raw_scores(model.text, year.features)
    labels, students = year.standing["label"].to_numpy(), year.standing["student_id"]
    return Candidate(
        name,
        model,
        apply_calibrator(model.calibrator, scores),
        held_out_risks(model.calibrator, scores, labels, students, seed),
    )
