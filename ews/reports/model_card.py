"""The model card: what was built, from what, for whom, and where it must not be used.

Keyed to the categories of the NIST AI Risk Management Framework 1.0 (NIST AI 100-1, part 2): for each, what
this run can show, and what no software can and the district has still to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.card_figures import fairness_summary, performance_of
from ews.reports.in_words import IN_SERVICE, in_these_words, outcome_words
from ews.reports.render import render_page

_OPTIONAL: dict[str, Any] = {
    "monotone_down": [],
    "authorization": None,
    "sign_offs": [],
    "limits": [],
    "show_reasons_from": [],
    "model_max_age_days": None,
    "audit_rules": None,
}


def render_model_card(
    card: Mapping[str, Any],
    banners: Sequence[str] = (),
    evaluation: Mapping[str, Any] | None = None,
    fairness: Mapping[str, Any] | None = None,
) -> str:
    """Return ``model_card.html``, in the four functions of the NIST AI RMF: govern, map, measure, manage.

    Parameters
    ----------
    card : mapping
        - ``district``, ``run``, ``model_name``, ``trained_by``: str; ``version``: str, or None when the model
          is not registered
        - ``definition``: threshold (a fraction), inclusive, min_enrolled_days, grain, partial_day
        - ``years``: ``{"train": [int], "validation": int | None, "test": int}``; ``as_of_dates``: ISO dates
        - ``rows``: ``{"train": n, ...}``, in student-dates
        - ``feature_families``: ``{family: [feature]}``; ``monotone``: features that can only raise the risk
        - ``sources``: ``[{"table", "use"}]`` with use ``feature``, ``audit`` or ``none``
        - ``sensitive``: audited attributes; ``tolerance``: ``{"excess_fnr", "auc_difference"}``
        - ``verdicts``: ``{"lift", "fairness", "gate"}``
        - ``digests`` and ``libraries``: ``{name: text}``, printed in this order
        - optional: ``monotone_down`` (features that can only lower it), ``authorization`` for meal
          eligibility (``{"basis", "citation", "approved_by", "expires"}`` or None), ``sign_offs``
          (sentences), ``limits`` (sentences on this district), ``show_reasons_from`` (signals),
          ``model_max_age_days``, ``audit_rules`` (``{"min_group", "min_cell", "resamples"}``), ``label``
          (that of ``evaluation.json``)
    banners : sequence of str
        Sentences that must be seen first.
    evaluation, fairness : mapping, optional
        ``evaluation.json`` and ``fairness.json`` of the same run; without them the card only says where the
        figures are.

    Raises
    ------
    jinja2.UndefinedError
        If a required entry is missing.
    """
    outcome = outcome_words(card.get("label") or (evaluation or {}).get("label"))
    uses = {each["table"]: each["use"] for each in card["sources"]}
    return render_page(
        "model_card.html.j2",
        **{**_OPTIONAL, **card},
        banners=banners,
        outcome=outcome,
        meal_use=uses.get("meal_programs", "none"),
        nurse_use=uses.get("nurse_visits", "none"),
        in_service=IN_SERVICE,
        performance=performance_of(evaluation) if evaluation is not None else None,
        audit=in_these_words(fairness_summary(fairness), outcome) if fairness is not None else None,
    )
