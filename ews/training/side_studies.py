"""What a data team asks beside the verdict: what each source of data adds, and how steady lift is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ews.config import Config
from ews.model.ablation import ablation
from ews.model.fitting import FittedModel
from ews.model.labelled_rows import LabelledRows
from ews.model.ranking import fitting_rows
from ews.model.rolling_origin import rolling_origin
from ews.model.years import YearPlan
from ews.progress import Progress


def side_studies(
    rows: LabelledRows,
    plan: YearPlan,
    parts: Mapping[str, LabelledRows],
    model: FittedModel,
    lift: Mapping[str, Any],
    config: Config,
    progress: Progress,
) -> dict[str, Any]:
    """Return ``ablation`` and ``rolling_origin`` of ``evaluation.json``; neither has a part in any verdict.

    Parameters
    ----------
    rows : LabelledRows
        All labelled rows.
    parts : mapping
        The rows of ``train``, ``validation`` (if there is one) and ``test``.
    model : FittedModel
        The model in question. Where it was fitted as configured on the rows of the ablation, it stands for
        "all signals" there and is not fitted again.
    lift : mapping
        ``lift`` of ``evaluation.json``.
    """
    settings = config.training
    fitted_on = fitting_rows(parts["train"], parts.get("validation"), settings.seed)
    as_configured = settings.candidates is None and settings.tune is None
    same = "validation" in parts and not fitted_on.sampled and as_configured
    compared = None
    if fitted_on.usable:
        compared = ablation(
            fitted_on,
            parts["test"],
            resamples=settings.resamples,
            seed=settings.seed,
            progress=progress,
            model_text=model.text if same else None,
        )
    years = rolling_origin(
        rows, plan.years, lift, resamples=settings.resamples, seed=settings.seed, progress=progress
    )
    return {"ablation": compared, "rolling_origin": years}
