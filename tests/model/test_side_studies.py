"""Side studies are about the model that was trained: by its own recipe, or they say that they are not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ews.config import Training
from ews.model.labelled_rows import LabelledRows
from ews.model.recipes import Recipe
from ews.progress import silent
from ews.training import side_studies as module
from ews.training.candidates import Choice
from ews.training.tuning_rule import Tuned

TUNED = Tuned(Recipe(leaves=4, depth=2), {})


def rows() -> LabelledRows:
    standing = pd.DataFrame(
        {
            "student_id": [f"s{at}" for at in range(40)],
            "label": np.arange(40) % 2,
            "school_year": 2024,
            "as_of_date": "2023-10-02",
        }
    )
    return LabelledRows(standing, pd.DataFrame({"absence_rate": np.zeros(40)}), {})


def studied(monkeypatch: pytest.MonkeyPatch, choice: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the ablation was asked for, and what came back."""
    asked: dict[str, Any] = {}

    def ablation(*_: Any, **options: Any) -> dict[str, Any]:
        asked.update(options)
        return {}

    def rolling_origin(*_: Any, **options: Any) -> dict[str, Any]:
        assert options["recipe"] == asked["recipe"]
        return {}

    monkeypatch.setattr(module, "ablation", ablation)
    monkeypatch.setattr(module, "rolling_origin", rolling_origin)
    parts = {name: rows() for name in ("train", "validation", "test")}
    config: Any = SimpleNamespace(training=Training())
    plan: Any = SimpleNamespace(years=[2023, 2024])
    model: Any = SimpleNamespace(text="the model itself")
    return asked, module.side_studies(rows(), plan, parts, model, {}, config, silent, choice)


def chosen(name: str) -> Choice:
    return Choice(None, {"chosen": name})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("choice", "recipe", "text", "of"),
    [
        (None, Recipe(), "the model itself", "the model"),
        (TUNED, TUNED.recipe, "the model itself", "the model"),
        (chosen("as_configured"), Recipe(), "the model itself", "the model"),
        (chosen("without_health"), Recipe(), None, "the model as configured, not the chosen candidate"),
    ],
)
def test_the_studies_are_of_the_model_or_say_of_which(
    choice: Any, recipe: Recipe, text: str | None, of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, found = studied(monkeypatch, choice)
    assert (asked["recipe"], asked["model_text"]) == (recipe, text)
    assert {found[name]["of"] for name in ("ablation", "rolling_origin")} == {of}
