"""A district in which absence is a coin: trained on the rest of the year, nothing is claimed or promoted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.pipeline.at_work import AtWork, copy_of


def _coins(folder: Path) -> pd.DataFrame:
    """Attendance in which everyone is absent on one day in ten, whatever went before."""
    enrolled = pd.read_csv(folder / "enrollments.csv", dtype=str, keep_default_na=False)
    calendar = pd.read_csv(folder / "calendar.csv", dtype=str)
    days = calendar.loc[calendar["instructional"] == "true", ["school_id", "school_year", "date"]]
    rows = enrolled.merge(days, on=["school_id", "school_year"])
    within = (rows["date"] >= rows["entry_date"]) & (rows["date"] <= rows["exit_date"].replace("", "9999"))
    rows = rows.loc[within & (rows["date"] < "2026-01-16")].drop_duplicates(["student_id", "date"])
    absent = rows.loc[np.random.default_rng(5).random(len(rows)) < 0.095]
    return absent[["student_id", "school_id", "date"]].assign(
        code="A", absent_fraction="1", recorded_at=absent["date"] + " 16:00:00"
    )


@pytest.mark.slow
def test_a_noise_district_is_not_promoted_and_is_told_why(extracts: AtWork, tmp_path: Path) -> None:
    district = copy_of(extracts, tmp_path / "noise")
    district.change_extract("attendance", lambda _: _coins(district.folder / "extracts"))
    district.edit(
        "training: {as_of: [10-01, 01-01]", "training: {label: chronic_over_the_rest, as_of: [10-01, 01-01]"
    )
    assert district.run("ingest") == 0
    assert district.run("train") in (0, 50)
    evaluation = district.figures("evaluation.json")

    auc = evaluation["periods"][-1]["populations"]["all"]["predictors"]["model"]["auc"]
    assert auc["low"] <= 0.5 <= auc["high"]
    assert evaluation["lift"]["verdict"] != "pass"
    assert "the best rule of thumb, " in evaluation["lift"]["sentence"]
    assert evaluation["label"]["name"] == "chronic_over_the_rest"
    assert "over the rest of the school year" in evaluation["label"]["sentence"]
    assert "earned" not in evaluation["ablation"]["sentence"]
    assert district.run("promote") == 50
