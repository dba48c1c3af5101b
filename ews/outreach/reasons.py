"""Reasons and what goes well: what moved one student's place, in words and the student's own figures.

A reason is a family of features that raised the model's score (TreeSHAP), said as a sentence about what
was observed; what goes well is a family that lowered it. Neither is a cause. Within the family the feature
that moved the score most chooses the sentence. Families of signals that the district's policy does not name
are never spoken of, and meal status never is.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from ews.features.unbroken import BESIDE_FEATURES
from ews.model.families import FAMILIES, SIGNAL_OF_FAMILY, by_family
from ews.outreach.attendance_sentences import ATTENDANCE_SENTENCES
from ews.outreach.figures import Figures
from ews.outreach.other_sentences import OTHER_SENTENCES

REASONS = ("reason_1", "reason_2", "reason_3")
GOING_WELL = ("going_well_1", "going_well_2")

SENTENCES = ATTENDANCE_SENTENCES | OTHER_SENTENCES
"""By feature. Meal programs, the school's and the grade's own figures and the time of year have none: they
are never given as a reason."""


def reasons_of(
    features: pd.DataFrame,
    contributions: np.ndarray,
    show_reasons_from: Collection[str],
    beside: pd.DataFrame,
) -> pd.DataFrame:
    """Return up to three reasons and up to two things that go well for every row, "" where none is left.

    Columns: :data:`REASONS`, then :data:`GOING_WELL`; each by what moved the score most.

    Parameters
    ----------
    features : DataFrame
        The features of the listed students.
    contributions : ndarray
        Shape (rows, features), in log odds.
    show_reasons_from : collection of str
        Signals that may be spoken of; meal programs are left out whatever it says.
    beside : DataFrame
        The same rows; :data:`ews.features.unbroken.BESIDE_FEATURES`, from the standing of a matrix: on which
        days a student's own clock is the school's calendar.
    """
    names = [str(name) for name in features.columns]
    spoken = [family for family in FAMILIES if _may_be_said(family, show_reasons_from)]
    totals = by_family(contributions, names)[spoken].to_numpy()
    columns = [
        [(names.index(name), name) for name in FAMILIES[family] if name in SENTENCES] for family in spoken
    ]
    own = {name: beside[name].to_numpy(dtype="float64") for name in BESIDE_FEATURES}
    students = features.assign(**own).to_dict("records")
    rows = [
        _row(weights, shares, columns, figures)
        for weights, shares, figures in zip(list(totals), list(contributions), students, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*REASONS, *GOING_WELL], index=features.index)


def _may_be_said(family: str, show_reasons_from: Collection[str]) -> bool:
    signal = SIGNAL_OF_FAMILY[family]
    return signal in show_reasons_from and signal != "meals"


def _row(
    weights: np.ndarray, shares: np.ndarray, columns: list[list[tuple[int, str]]], figures: Figures
) -> list[str]:
    told: set[str] = set()
    raised = _said(weights, shares, columns, figures, told, len(REASONS), well=False)
    lowered = _said(-weights, -shares, columns, figures, told, len(GOING_WELL), well=True)
    return [*raised, *lowered]


def _said(
    weights: np.ndarray,
    shares: np.ndarray,
    columns: list[list[tuple[int, str]]],
    figures: Figures,
    told: set[str],
    most: int,
    *,
    well: bool,
) -> list[str]:
    """Return the sentences of the families with a positive weight, the heaviest first, padded with ""."""
    found: list[str] = []
    for family in np.argsort(-weights, kind="stable"):
        if weights[family] <= 0 or len(found) == most:
            break
        if text := _sentence(shares, columns[family], figures, told, well=well):
            found.append(text)
    return found + [""] * (most - len(found))


def _sentence(
    shares: np.ndarray, columns: list[tuple[int, str]], figures: Figures, told: set[str], *, well: bool
) -> str:
    """Return what one family says, by the features that moved the score its way, the heaviest first."""
    pushed = sorted((-shares[at], at, name) for at, name in columns if shares[at] > 0)
    for sentence in (each for _, _, name in pushed for each in SENTENCES[name]):
        if sentence.facts & told:
            continue
        text = sentence.goes_well(figures) if well else sentence.raises(figures)
        if text:
            told |= sentence.facts
            return text
    return ""
