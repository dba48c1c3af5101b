"""The model card: what was built, from what, for whom, and where it must not be used (NIST AI RMF)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.render import render_page


def render_model_card(card: Mapping[str, Any], banners: Sequence[str] = ()) -> str:
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
          (sentences), ``limits`` (sentences on this district)
    banners : sequence of str
        Sentences that must be seen first.

    Raises
    ------
    jinja2.UndefinedError
        If a required entry is missing.
    """
    uses = {each["table"]: each["use"] for each in card["sources"]}
    optional: dict[str, Any] = {"monotone_down": [], "authorization": None, "sign_offs": [], "limits": []}
    return render_page(
        "model_card.html.j2",
        **{**optional, **card},
        banners=banners,
        meal_use=uses.get("meal_programs", "none"),
        nurse_use=uses.get("nurse_visits", "none"),
    )
