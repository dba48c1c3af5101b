"""shap's plots: the same bytes from the same rows, nobody who stands out, and no meal status."""

from __future__ import annotations

import base64
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ews.model.families import FAMILIES
from ews.reports import shap_plots as module
from ews.reports.evaluation import render_evaluation
from ews.reports.shap_plots import BEESWARM, DEPENDENCE, drawn_rows, shap_plots
from tests.outreach.page_reading import check_page
from tests.reports import samples

NAMES = ["absence_rate", "absences_left", "last_year_rate", "tardy_rate", "nurse_visits", "meal_eligibility"]


def rows_and_contributions(rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(3)
    features = pd.DataFrame(generator.normal(0, 1, (rows, len(NAMES))), columns=NAMES)
    features.iloc[::5, 2] = np.nan
    return features, features.fillna(0.3).to_numpy() * [1.0, -0.8, 0.5, 0.2, 0.1, 2.0]


def test_both_plots_are_drawn_alike_every_time_and_chance_goes_on_as_it_was() -> None:
    features, contributions = rows_and_contributions()
    np.random.seed(5)
    wanted = np.random.random()
    np.random.seed(5)
    first = shap_plots(features, contributions)
    assert np.random.random() == wanted
    assert set(first) == {BEESWARM, DEPENDENCE}
    assert all(picture.startswith(b"\x89PNG") for picture in first.values())
    assert first == shap_plots(features, contributions)
    assert b"Matplotlib" not in b"".join(first.values())


def drawn_with(monkeypatch: pytest.MonkeyPatch, features: pd.DataFrame, contributions: np.ndarray) -> tuple:
    seen: list[tuple] = []
    monkeypatch.setattr(module, "_drawn", lambda *given: seen.append(given) or {})
    shap_plots(features, contributions)
    return seen[0]


def test_nobody_stands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    features, contributions = rows_and_contributions()
    features.iloc[7, 0], contributions[7, 0] = 99.0, 99.0
    values, data, _, _ = drawn_with(monkeypatch, features, contributions)
    assert values.max() < 5
    assert np.nanmax(data) < 5
    assert np.isnan(data[0, 2]), "what is missing stays missing"


def test_meal_status_is_on_no_plot_however_much_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    values, data, names, ranked = drawn_with(monkeypatch, *rows_and_contributions())
    assert not [each for each in names if each.replace(" ", "_") in FAMILIES["meal programs"]]
    assert values.shape == data.shape == (400, 5)
    assert [names[at] for at in ranked[:2]] == ["absence rate", "absences left"]


def test_the_sample_is_bounded_and_in_no_telling_order() -> None:
    features = pd.DataFrame({"absence_rate": np.arange(5000.0)})
    sample = drawn_rows(features, seed=1)
    assert len(sample) == 2000
    assert not sample["absence_rate"].is_monotonic_increasing
    assert sample.equals(drawn_rows(features, seed=1))
    assert not sample.equals(drawn_rows(features, seed=2))


@pytest.mark.parametrize("rows", [0, 1, 199])
def test_of_few_rows_nothing_is_drawn(rows: int) -> None:
    assert shap_plots(*rows_and_contributions(rows)) == {}


def test_a_model_that_uses_nothing_or_one_feature_can_be_drawn() -> None:
    features, contributions = rows_and_contributions()
    assert shap_plots(features, contributions * 0) == {}
    assert set(shap_plots(features, contributions * [1, 0, 0, 0, 0, 0])) == {BEESWARM, DEPENDENCE}
    features["tardy_rate"] = np.nan
    features["nurse_visits"] = 0.0
    assert set(shap_plots(features, contributions)) == {BEESWARM, DEPENDENCE}


def test_the_page_carries_the_plots_in_itself_and_does_without() -> None:
    evaluation = samples.evaluation(dates=1)
    plots = {BEESWARM: b"\x89PNG one", DEPENDENCE: b"\x89PNG two"}
    page = check_page(render_evaluation(evaluation, [], plots))
    found = [each["src"].split(",")[1] for each in page.found("img") if each["src"]]
    assert [base64.b64decode(each) for each in found] == list(plots.values())
    assert all(len(each["alt"] or "") > 80 for each in page.found("img"))
    assert not check_page(render_evaluation(evaluation)).found("img")
    del evaluation["importances"]
    assert "What the risks rest on" in check_page(render_evaluation(evaluation, [], plots)).words


def test_shap_is_imported_only_when_plots_are_drawn() -> None:
    code = "import sys, ews.training.run; print(sorted(n for n in sys.modules if re.match('shap', n)))"
    told = subprocess.run(
        [sys.executable, "-c", f"import re; {code}"], check=True, capture_output=True, text=True
    ).stdout
    assert re.fullmatch(r"\[\]\s*", told)
