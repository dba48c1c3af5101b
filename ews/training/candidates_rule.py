"""The rule by which one candidate is chosen, written down before any result, and what it was chosen from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ews.config import CandidateName
from ews.model.lift_side_by_side import Lift
from ews.model.recipes import RECIPES
from ews.training.candidates_by_group import WorstGroup

RULE = (
    "On the validation year, never on the test year: among the candidates whose lift is no more than one "
    "standard error below the highest lift, the one with the smallest worst excess miss rate is chosen. The "
    "standard error is that of the highest lift itself, from resampling whole students. The worst excess "
    "miss rate is the largest over both lists and over every group that is large enough to judge, each "
    "against the rest; it is compared to four decimals, and of equals the one that the configuration names "
    "first is chosen. Where no group is large enough, the model as configured is kept. Group outcomes "
    "choose among finished candidates and do nothing else: no candidate is fitted on who a student is, "
    "every student is scored and ranked by the same model, and meal status takes no part."
)
"""Shown in the report and in docs/choices.md, word for word."""

_DECIMALS = 4


@dataclass(frozen=True)
class Judged:
    """A candidate's figures on the validation year; None where these cannot be given."""

    name: CandidateName
    lift: Lift | None
    worst: WorstGroup | None
    model_digest: str = ""

    @property
    def title(self) -> str:
        """The words for it."""
        return RECIPES[self.name].title


def within_one_standard_error(judged: Sequence[Judged]) -> list[Judged]:
    """Return the candidates whose lift is at most one standard error below the highest.

    The standard error is that of the highest lift (L. Breiman and others 1984, Classification and
    Regression Trees, section 3.4.3). All of them where there is no lift.
    """
    known = [(each, each.lift) for each in judged if each.lift is not None]
    if not known:
        return list(judged)
    highest = max((lift for _, lift in known), key=lambda lift: lift.value)
    return [each for each, lift in known if lift.value >= highest.value - highest.standard_error]


def chosen_by_rule(judged: Sequence[Judged]) -> Judged:
    """Return the candidate that :data:`RULE` chooses; the first is the model as configured."""
    if any(each.lift is None or each.worst is None for each in judged):
        return judged[0]
    return min(within_one_standard_error(judged), key=_worst)  # of equals, the first


def record_of(judged: Sequence[Judged], approved_by: str) -> dict[str, Any]:
    """Return ``candidates`` of ``fairness.json``."""
    chosen = chosen_by_rule(judged)
    near = within_one_standard_error(judged)
    return {
        "approved_by": approved_by,
        "rule": RULE,
        "chosen": chosen.name,
        "frontier": [
            {
                "name": each.name,
                "title": each.title,
                "what": RECIPES[each.name].what,
                **_lift_record(each.lift),
                "worst_excess_fnr": None if each.worst is None else _worst(each),
                "worst_group": None if each.worst is None else each.worst.name,
                "within_one_standard_error": each in near,
                "chosen": each is chosen,
                "model_digest": each.model_digest,
            }
            for each in judged
        ],
        "sentence": sentence_of(judged),
    }


def sentence_of(judged: Sequence[Judged]) -> str:
    """Say what was chosen, from what, and why; without a figure that could give a small group away."""
    first, chosen = judged[0], chosen_by_rule(judged)
    if first.lift is None or chosen.lift is None:
        return _kept(
            judged, "no date of the validation year had both outcomes among students not yet chronic"
        )
    if first.worst is None or chosen.worst is None:
        return _kept(judged, "no group of the validation year is large enough to judge")
    opening = (
        f"Group outcomes of the validation year chose among {len(judged)} candidates, by a rule fixed "
        "beforehand"
    )
    if chosen is first:
        return (
            f"{opening}: the model as configured was kept. No other candidate with a lift as good had a "
            "smaller worst excess miss rate."
        )
    lifts = f"{chosen.lift.value:.3f} against {first.lift.value:.3f} of the model as configured"
    if first in within_one_standard_error(judged):
        return (
            f"{opening}: “{chosen.title}” was chosen. It misses less in the worst-off group; its lift is "
            f"{lifts}."
        )
    return (
        f"{opening}: “{chosen.title}” was chosen. The model as configured ranks less well: a lift of {lifts}."
    )


def _kept(judged: Sequence[Judged], why: str) -> str:
    return f"{len(judged)} candidates were fitted, and the model as configured was kept: {why}."


def _worst(each: Judged) -> float:
    # Adding 0 takes the sign off a rounded -0.0.
    return math.inf if each.worst is None else round(each.worst.value, _DECIMALS) + 0.0


def _lift_record(lift: Lift | None) -> dict[str, Any]:
    """Return the lift with its standard error, and how far it is behind the highest with that of the pair."""
    own, behind = ((lift.value, lift.standard_error), (lift.behind, lift.behind_error)) if lift else _UNKNOWN
    return {
        "lift": dict(zip(_FIGURE, own, strict=True)),
        "behind_highest": dict(zip(_FIGURE, behind, strict=True)),
    }


_FIGURE = ("value", "standard_error")
_UNKNOWN = ((None, None), (None, None))
