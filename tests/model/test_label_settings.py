"""What is predicted is part of what a risk means; leaving it out changes nothing of what was before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.metrics import roc_auc_score

from ews.config import Config, Training, load_config
from ews.label import label_in_words, label_name
from ews.starter import write_starter
from ews.training.judging import compared_with_truth, truth_is_comparable
from ews.training.run import basis_digest, configuration_digest
from tests.model.test_evaluate import judged

OTHERS: list[Any] = ["chronic_over_the_rest", {"absences": 5, "within_days": 40}]


def _config(folder: Path, **training: Any) -> Config:
    config = load_config(write_starter(folder))
    return config.model_copy(update={"training": Training.model_validate(training)})


def test_the_usual_label_stated_or_not_leaves_every_digest_as_it_was(tmp_path: Path) -> None:
    silent = _config(tmp_path)
    stated = silent.model_copy(update={"training": Training(label="chronic_by_end")})
    assert "label" not in silent.model_dump(mode="json")["training"]
    assert basis_digest(stated) == basis_digest(silent)
    assert configuration_digest(stated) == configuration_digest(silent)


@pytest.mark.parametrize("label", OTHERS)
def test_another_label_is_another_meaning_of_a_risk(label: Any, tmp_path: Path) -> None:
    usual = _config(tmp_path)
    other = usual.model_copy(update={"training": Training.model_validate({"label": label})})
    assert basis_digest(other) != basis_digest(usual)
    assert label_name(other) in ("chronic_over_the_rest", "absences_within")
    assert label_in_words(other) != label_in_words(usual)
    assert "from the as-of date on" in label_in_words(other)


@pytest.mark.parametrize(
    "label",
    ["chronic", {"absences": 0, "within_days": 5}, {"absences": 6, "within_days": 5}, {"absences": 3}],
)
def test_a_label_that_cannot_be_is_refused(label: Any) -> None:
    with pytest.raises(ValidationError):
        Training.model_validate({"label": label})


@pytest.mark.parametrize("label", ["chronic", 5, None, ["chronic_by_end"]])
def test_a_refused_label_is_told_all_three_forms_in_one_sentence(label: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Training.model_validate({"label": label})
    (error,) = refused.value.errors()
    for form in ("chronic_by_end", "chronic_over_the_rest", "{absences: N, within_days: M}"):
        assert form in error["msg"]


def test_the_truth_of_a_simulated_district_is_about_the_usual_label_and_definition(tmp_path: Path) -> None:
    usual = _config(tmp_path)
    assert truth_is_comparable(usual)
    for label in OTHERS:
        other = Training.model_validate({"label": label})
        assert not truth_is_comparable(usual.model_copy(update={"training": other}))
    definition = usual.definition.model_copy(update={"min_enrolled_days": 45})
    assert not truth_is_comparable(usual.model_copy(update={"definition": definition}))


def test_no_share_is_told_where_the_truth_ranks_no_better_than_a_rule(tmp_path: Path) -> None:
    rows = judged()
    truth = rows[["student_id", "as_of_date"]].assign(risk=np.random.default_rng(3).random(len(rows)))
    truth.to_parquet(tmp_path / "risk.parquet")
    assert set(compared_with_truth(rows, tmp_path / "risk.parquet")) == {"ici", "auc"}


def test_the_share_of_the_possible_is_recomputed_from_scores(tmp_path: Path) -> None:
    rows = judged()
    need = np.log(rows["risk"] / (1 - rows["risk"])) + np.random.default_rng(1).normal(0, 0.05, len(rows))
    truth = rows[["student_id", "as_of_date"]].assign(risk=1 / (1 + np.exp(-need)) + rows["label"] * 0.05)
    truth.to_parquet(tmp_path / "risk.parquet")
    found = compared_with_truth(rows, tmp_path / "risk.parquet")

    early = rows.assign(truth=truth["risk"]).loc[~rows["already_chronic"]]
    mean = {
        name: np.mean([roc_auc_score(own["label"], own[name]) for _, own in early.groupby("as_of_date")])
        for name in ("risk", "truth", *(each for each in rows if each.startswith("rule_")))
    }
    best = max(value for name, value in mean.items() if name.startswith("rule_"))
    assert found["possible_lift"] == pytest.approx(mean["truth"] - best)
    assert found["share_of_the_possible"] == pytest.approx((mean["risk"] - best) / (mean["truth"] - best))
