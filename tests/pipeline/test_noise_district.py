"""A district in which absence is a coin: trained on the rest of the year, nothing is claimed or promoted."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.pipeline.at_work import AtWork, copy_of


def _coins(folder: Path, seed: int) -> pd.DataFrame:
    """Attendance in which everyone is absent on one day in ten, whatever went before."""
    enrolled = pd.read_csv(folder / "enrollments.csv", dtype=str, keep_default_na=False)
    calendar = pd.read_csv(folder / "calendar.csv", dtype=str)
    days = calendar.loc[calendar["instructional"] == "true", ["school_id", "school_year", "date"]]
    rows = enrolled.merge(days, on=["school_id", "school_year"])
    within = (rows["date"] >= rows["entry_date"]) & (rows["date"] <= rows["exit_date"].replace("", "9999"))
    rows = rows.loc[within & (rows["date"] < "2026-01-16")].drop_duplicates(["student_id", "date"])
    absent = rows.loc[np.random.default_rng(seed).random(len(rows)) < 0.095]
    return absent[["student_id", "school_id", "date"]].assign(
        code="A", absent_fraction="1", recorded_at=absent["date"] + " 16:00:00"
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_noise_district_is_not_promoted_and_is_told_why(
    seed: int, extracts: AtWork, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    district = copy_of(extracts, tmp_path / "noise")
    district.change_extract("attendance", lambda _: _coins(district.folder / "extracts", seed))
    district.edit(
        "training: {as_of: [10-01, 01-01]", "training: {label: chronic_over_the_rest, as_of: [10-01, 01-01]"
    )
    assert district.run("ingest") == 0
    capfd.readouterr()
    trained = district.run("train")
    told = " ".join("".join(capfd.readouterr()).split())
    assert trained in (0, 50)
    evaluation = district.figures("evaluation.json")

    auc = evaluation["periods"][-1]["populations"]["all"]["predictors"]["model"]["auc"]
    assert auc["low"] <= 0.5 <= auc["high"]
    assert evaluation["lift"]["verdict"] != "pass"
    assert "the best rule of thumb, " in evaluation["lift"]["sentence"]
    assert evaluation["label"]["name"] == "chronic_over_the_rest"
    assert "over the rest of the school year" in evaluation["label"]["sentence"]
    assert "earned" not in evaluation["ablation"]["sentence"]
    assert evaluation["lift"]["sentence"] in told, "named where it was trained"
    assert district.run("promote") == 50
    said = " ".join(capfd.readouterr().err.split())
    if trained == 0:
        assert "the gate's verdict is insufficient evidence" in said
        assert evaluation["lift"]["sentence"] in said
    else:
        assert evaluation["gate"] == "fail"
        assert "there is no challenger" in said
    page = " ".join(re.sub(r"<[^>]+>", " ", (district.reports() / "evaluation.html").read_text()).split())
    assert "orders students better than" not in page.replace(
        "whether the model orders students better than", ""
    )
    assert "earned" not in page
