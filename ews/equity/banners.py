"""The sentences that say on what decision a model is in use, or was, for everyone who meets it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ews.equity.sign_off import SignOff


def banner_of(signed: SignOff) -> str:
    """Return the sentence that stands on every list and report while a decision is in force."""
    what = {
        "insufficient_evidence": "The evidence was not sufficient for a verdict",
        "override": "The gate failed this model and was overridden",
    }[signed.kind]
    conditions = f" Conditions: {signed.conditions.rstrip('.')}." if signed.conditions else ""
    return (
        f"{what}. Signed off by {signed.approver} ({signed.role}) until {signed.expires}: "
        f"{signed.reason.rstrip('.')}.{conditions}"
    )


def banners_on(decisions: Sequence[SignOff], today: dt.date) -> list[str]:
    """Return what has to stand on a model's pages today.

    Every decision in force, the one that lasts longest first; where none is, the last one that was, with
    the day it lapsed.

    Parameters
    ----------
    decisions : sequence of SignOff
        All that were made about this very model and audit.
    """
    lasting = sorted(decisions, key=lambda each: (each.expires, each.recorded_at.isoformat()), reverse=True)
    in_force = [banner_of(each) for each in lasting if each.is_in_force(today)]
    if in_force or not lasting:
        return in_force
    return [
        f"Lapsed: the decision below ended on {lasting[0].expires}, and the model may not be used on it. "
        f"{banner_of(lasting[0])}"
    ]
