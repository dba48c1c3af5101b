"""What a data team asks beside the verdict: what each source of data adds, and how steady lift is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ews.config import Config
from ews.model.ablation import ablation
from ews.model.fitting import FittedModel
from ews.model.labelled_rows import LabelledRows
from ews.model.ranking import fitting_rows
from ews.model.recipes import Recipe
from ews.model.rolling_origin import rolling_origin
from ews.model.years import YearPlan
from ews.progress import Progress
from ews.training.candidates import Choice
from ews.training.tuning_rule import Tuned


def side_studies(
    rows: LabelledRows,
    plan: YearPlan,
    parts: Mapping[str, LabelledRows],
    model: FittedModel,
    lift: Mapping[str, Any],
    config: Config,
    progress: Progress,
    choice: Choice | Tuned | None = None,
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
    choice : Choice or Tuned, optional
        How the model came to be, where there was a choice. A tuned recipe is that of these studies too;
        beside a candidate that leaves signals out they are about the model as configured, and say so.
    """
    settings = config.training
    fitted_on = fitting_rows(parts["train"], parts.get("validation"), settings.seed)
    recipe = choice.recipe if isinstance(choice, Tuned) else Recipe()
    is_the_model = not isinstance(choice, Choice) or choice.record["chosen"] == "as_configured"
    same = "validation" in parts and not fitted_on.sampled and is_the_model
    compared = None
    if fitted_on.usable:
        compared = ablation(
            fitted_on,
            parts["test"],
            resamples=settings.resamples,
            seed=settings.seed,
            progress=progress,
            model_text=model.text if same else None,
            recipe=recipe,
        )
    years = rolling_origin(
        rows,
        plan.years,
        lift,
        resamples=settings.resamples,
        seed=settings.seed,
        progress=progress,
        recipe=recipe,
    )
    for study in (compared, years):
        if study is not None:
            study["of"] = "the model" if is_the_model else "the model as configured, not the chosen candidate"
    return {"ablation": compared, "rolling_origin": years}
