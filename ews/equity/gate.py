"""The gate: which verdict a trained model gets, and whether it may be promoted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from ews.equity.sign_off import Kind, SignOff
from ews.errors import GateClosed

GateVerdict = Literal["pass", "fail", "insufficient_evidence"]

_FROM_BEST: tuple[GateVerdict, ...] = ("pass", "insufficient_evidence", "fail")
_KIND_FOR: dict[str, Kind] = {"insufficient_evidence": "insufficient_evidence", "fail": "override"}


def gate_verdict(lift: str, fairness: str) -> GateVerdict:
    """Return the worse of two verdicts: fail, then insufficient evidence, then pass.

    Raises
    ------
    ValueError
        If either is none of the three: an unknown verdict must not slip through as a good one.

    Examples
    --------
    >>> gate_verdict("pass", "insufficient_evidence")
    'insufficient_evidence'
    """
    return max((_known(lift), _known(fairness)), key=_FROM_BEST.index)


def open_verdicts(evaluation: dict[str, Any], fairness: dict[str, Any]) -> list[dict[str, Any]]:
    """Return everything that is not a pass, with its figures, for a sign-off to copy.

    Parameters
    ----------
    evaluation, fairness : dict
        ``evaluation.json`` and ``fairness.json`` as they were written (small groups suppressed).

    Returns
    -------
    list of dict
        The lift if it is open, the fairness verdict if it is, then every comparison that is (those not
        judged too: nobody may sign without having seen whom the audit says nothing about).
    """
    parts = {
        "lift": (evaluation["lift"], ("verdict", "estimate", "low", "high", "best_rule", "sentence")),
        "fairness": (fairness, ("verdict", "sentence", "not_judged_share_of_positives")),
    }
    found = [
        {"what": what, **{key: part.get(key) for key in kept}}
        for what, (part, kept) in parts.items()
        if part["verdict"] != "pass"
    ]
    return found + [
        {"what": "comparison", **each} for each in fairness["comparisons"] if each["verdict"] != "pass"
    ]


def may_promote(
    verdict: str,
    sign_offs: Sequence[SignOff],
    today: dt.date,
    *,
    model_digest: str,
    audit_digest: str,
    did_not_hold: Sequence[str] = (),
) -> SignOff | None:
    """Let a model through the gate, or say why not.

    Parameters
    ----------
    verdict : str
        The gate's verdict on this model.
    sign_offs : sequence of SignOff
        All that were recorded; only those about these very bytes and this very audit count.
    today : date
        Today in the district's time zone.
    model_digest, audit_digest : str
        Of the model that would be promoted, and of its audit.
    did_not_hold : sequence of str
        The sentences of lift and audit that are not a pass, for the message.

    Returns
    -------
    SignOff or None
        The decision it rests on, the one that lasts longest; None on a pass, which needs none.

    Raises
    ------
    GateClosed
        If the verdict is not a pass and nobody's decision in force covers it.
    """
    verdict = _known(verdict)
    if verdict == "pass":
        return None
    about = covering(verdict, sign_offs, model_digest=model_digest, audit_digest=audit_digest)
    in_force = [each for each in about if each.is_in_force(today)]
    if in_force:
        return max(in_force, key=lambda each: (each.expires, each.recorded_at.isoformat()))
    why = _why_closed(verdict, lapsed=bool(about), others=bool(sign_offs) and not about)
    raise GateClosed(
        " ".join([f"{why}.", *did_not_hold]) if did_not_hold else why,
        expected="a pass, or an equity officer's decision in force on this very model and audit",
        where="the gate",
        next_step="read the reports of its run (evaluation.html for lift, fairness.html for the audit); an "
        f"equity officer may then record a decision with `ews sign-off --kind {_KIND_FOR[verdict]}`, or "
        "train again",
    )


def covering(
    verdict: str, sign_offs: Sequence[SignOff], *, model_digest: str, audit_digest: str
) -> list[SignOff]:
    """Return the decisions of the kind that a verdict needs, about these very bytes and this very audit."""
    return [
        each
        for each in sign_offs
        if each.kind == _KIND_FOR.get(verdict)
        and (each.model_digest, each.audit_digest) == (model_digest, audit_digest)
    ]


def _why_closed(verdict: GateVerdict, *, lapsed: bool, others: bool) -> str:
    reason = "nobody has signed it off"
    if lapsed:
        reason = "the sign-off has lapsed"
    if others:
        reason = "what was signed off is another model, another audit or another kind of verdict"
    return f"the gate's verdict is {verdict.replace('_', ' ')}, and {reason}"


def _known(verdict: str) -> GateVerdict:
    for each in _FROM_BEST:
        if verdict == each:
            return each
    msg = f"not a verdict of the gate: {verdict}"
    raise ValueError(msg)
