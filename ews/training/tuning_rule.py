"""Which of the recipes that were tried is chosen, and how the run says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ews.model.recipes import Recipe
from ews.training.tuning_space import recipe_of, values_of, words_of
from ews.training.tuning_study import Trial
from ews.training.tuning_trial import Judged, standard_error

RULE = (
    "Never on the test year: among the recipes whose AUC is at most one standard error below the highest and "
    "not below that of the defaults, the one with the fewest leaves in all its trees is chosen, the first of "
    "equals. The standard error is that of the difference, the same students drawn for both. The defaults "
    "are the first recipe tried. Fewer leaves take less time to explain."
)
"""In the record of every tuning, word for word."""


@dataclass(frozen=True)
class Tuned:
    """The recipe to fit the model by, and ``tuning`` of ``evaluation.json``."""

    recipe: Recipe
    record: dict[str, Any]

    def tags(self) -> dict[str, str]:
        """Return what the registry says of it."""
        return {"tuned_recipe": str(self.record["chosen"]["words"])}

    def limits(self) -> list[str]:
        """Return what a model card says of it."""
        return [str(self.record["sentence"])]

    def metrics(self) -> dict[str, float]:
        """Return the registry's figures, those that there are."""
        named = {
            "tuning_trials": self.record["trials"],
            "tuning_auc": self.record["value"],
            "tuning_auc_default": self.record["default"]["value"],
        }
        return {name: float(value) for name, value in named.items() if value is not None}


def chosen_number(judged: Sequence[Judged]) -> int:
    """Return the number of the recipe that :data:`RULE` chooses; number 0 are the defaults."""
    best = max(judged, key=lambda each: each.value)
    near = [
        number
        for number, each in enumerate(judged)
        if each.value >= judged[0].value and not _is_behind(each, best)
    ]
    return min(near, key=lambda number: judged[number].leaves)


def _is_behind(each: Judged, best: Judged) -> bool:
    return best.value - each.value > standard_error(each.draws, best.draws)


def tuned_by_rule(trials: Sequence[Trial], how: str) -> Tuned:
    """Return what the finished trials come to.

    Parameters
    ----------
    trials : sequence of Trial
        In the order in which they were tried, the defaults first.
    how : str
        On which rows they were fitted and judged, as a sentence.
    """
    judged = [each.judged for each in trials]
    number = chosen_number(judged)
    best = max(range(len(judged)), key=lambda each: judged[each].value)
    recipe = recipe_of(trials[number].values)
    record = {
        "trials": len(trials),
        "chosen": figures_of(recipe, number, judged[number]),
        "default": figures_of(Recipe(), 0, judged[0]),
        "best": {"trial": best + 1, "value": judged[best].value},
        "kept_defaults": number == 0,
        "value": judged[number].value,
        "gain": judged[number].value - judged[0].value,
        "standard_error": standard_error(judged[0].draws, judged[number].draws),
        "rule": RULE,
        "how": how,
    }
    near = not _is_behind(judged[0], judged[best])
    return Tuned(recipe, {**record, "sentence": _sentence(record, default_is_near=near)})


def not_tuned(why: str) -> Tuned:
    """Return the defaults, where nothing could be tried."""
    default = figures_of(Recipe(), 0, None)
    return Tuned(
        Recipe(),
        {
            "trials": 0,
            "chosen": default,
            "default": default,
            "best": None,
            "kept_defaults": True,
            "value": None,
            "gain": None,
            "standard_error": None,
            "rule": RULE,
            "how": "Nothing was tried.",
            "sentence": f"Nothing was tuned, and the defaults were kept: {why}.",
        },
    )


def figures_of(recipe: Recipe, number: int, judged: Judged | None) -> dict[str, Any]:
    """Return a recipe in words and numbers, with what it was judged by."""
    return {
        "trial": number + 1,
        "words": words_of(recipe),
        **values_of(recipe),
        "value": judged.value if judged else None,
        "trees": judged.trees if judged else None,
        "leaves_in_all": judged.leaves if judged else None,
    }


def _sentence(record: Mapping[str, Any], *, default_is_near: bool) -> str:
    chosen, default, trials = record["chosen"], record["default"], record["trials"]
    if trials == 1:
        return "Tuning tried no other recipe than the defaults, and they were kept."
    opening = f"Tuning tried {trials} recipes, the defaults among them"
    if record["kept_defaults"]:
        return (
            f"{opening}, and kept the defaults: on held-out students not yet chronically absent no recipe "
            f"ranked better by more than one standard error (AUC {default['value']:.3f}, the highest "
            f"{record['best']['value']:.3f}), and none that ranked as well has fewer leaves."
        )
    figures = (
        f"AUC {chosen['value']:.3f} against {default['value']:.3f} on held-out students not yet chronically "
        f"absent (standard error of the difference {record['standard_error']:.3f}), "
        f"{chosen['leaves_in_all']:,.0f} leaves in all its trees against {default['leaves_in_all']:,.0f}"
    )
    why = (
        "The defaults rank as well as the best, as far as these students can tell; it was chosen because it "
        "ranks them no worse with fewer leaves"
        if default_is_near
        else "The defaults rank less well than the best by more than one standard error; the gain looks "
        "larger on the students who chose it than on others, and the test year says what it is worth"
    )
    return f"{opening}, and chose {chosen['words']}: {figures}. {why}."
