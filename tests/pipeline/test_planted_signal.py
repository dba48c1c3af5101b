"""Visits to the nurse that tell, and that tell nothing: the ablation finds the ones, and praises no others.

The districts differ from ordinary ones in what is written down, not in who is absent. Measured on three
as-of dates a year: where visits tell six times as much as usual they earned their place on 10 of 10 seeds
with 2,000 students and on 6 of 6 with 6,000; where they tell nothing, on 0 of 10 and 0 of 6.
"""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest

from ews.config import load_config
from ews.label import complete_years, outcomes
from ews.model.ablation import ablation
from ews.model.labelled_rows import labelled_rows
from ews.model.ranking import fitting_rows
from ews.model.years import plan_years
from ews.progress import silent
from ews.simulate.district import simulate
from ews.store.ingest import ingest
from ews.store.schema import read_store
from tests.pipeline.at_work import AtWork

PLANTED, NOTHING = 6.0, 0.0
DATES = "\ntraining: {as_of: [10-01, 12-01, 02-01], resamples: 200}\n"
EARNED = "Nurse visits earned their place in this district: +0."


def _simulated(folder: Path, students: int, seed: int, tell: float) -> AtWork:
    configuration = simulate(folder / "district", students=students, years=5, seed=seed, visits_tell=tell)
    with configuration.open("a", encoding="utf-8") as file:
        file.write(DATES)
    return AtWork(configuration.parent)


@cache
def _ablation(students: int, seed: int, tell: float) -> dict[str, Any]:
    """The ablation of a simulated district, without the rest of a training run."""
    with TemporaryDirectory() as folder:
        config = load_config(_simulated(Path(folder), students, seed, tell).configuration)
        ingest(config)
        with read_store(config.workspace_dir) as session:
            plan = plan_years(complete_years(session))
            rows = labelled_rows(session, plan.years, outcomes(session, config), config, silent)
        parts = fitting_rows(rows.of_years(plan.train), rows.of_years([plan.validation or 0]), 1)
        return ablation(parts, rows.of_years([plan.test]), resamples=200, seed=1, progress=silent)


def _gain(found: dict[str, Any], name: str = "nurse") -> dict[str, float]:
    gain: dict[str, float] = next(each for each in found["rows"] if each["name"] == name)["difference"]
    return gain


def _words(page: Path) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))).split())


def test_visits_differ_and_who_is_absent_does_not(tmp_path: Path) -> None:
    folders = {
        name: simulate(tmp_path / name, students=120, years=2, seed=1, **knob).parent
        for name, knob in {"usual": {}, "1": {"visits_tell": 1.0}, "0": {"visits_tell": 0.0}}.items()
    }

    def texts(name: str) -> set[bytes]:
        return {(folder / name).read_bytes() for folder in folders.values()}

    for table in ("enrollments", "students", "meal_programs", "calendar"):
        assert len(texts(f"extracts/{table}.csv")) == 1, table
    assert len(texts("truth/risk.parquet")) == 1
    assert len(texts("extracts/nurse_visits.csv")) == 2
    # A whole day's absence; part days, tardies and mistakes are drawn as they are written down.
    whole = [
        set(zip(*(rows[["student_id", "date"]].to_numpy().T), strict=True))
        for folder in folders.values()
        for rows in [pd.read_csv(folder / "extracts" / "attendance.csv", dtype=str)]
        for rows in [
            rows.loc[rows["code"].isin(["A", "E", "S"]) & (rows["absent_fraction"].astype(float) >= 0.5)]
        ]
    ]
    assert whole[0] == whole[1]
    assert len(whole[0] ^ whole[2]) < 0.10 * len(whole[0])


def test_who_visits_tells_nothing_of_who_is_absent_where_that_was_asked_for(tmp_path: Path) -> None:
    together = {}
    for tell in (NOTHING, PLANTED):
        folder = simulate(tmp_path / str(tell), students=1500, years=1, seed=2, visits_tell=tell).parent
        absences, visits = (
            pd.read_csv(folder / "extracts" / f"{name}.csv", dtype=str)["student_id"].value_counts()
            for name in ("attendance", "nurse_visits")
        )
        both = pd.concat([absences, visits], axis=1).fillna(0)
        together[tell] = both.rank().corr().iloc[0, 1]
    # Who is absent more is at school on fewer days, and visits a little less often.
    assert abs(together[NOTHING]) < 0.10
    assert together[PLANTED] > 0.30


@pytest.mark.slow
def test_a_planted_signal_earns_its_place() -> None:
    found = _ablation(2000, 13, PLANTED)

    assert _gain(found)["low"] > 0
    assert found["sentence"].startswith(EARNED)
    assert "Meal programs earned" not in found["sentence"]


@pytest.mark.slow
def test_a_training_run_on_visits_without_any_signal_praises_none(tmp_path: Path) -> None:
    evaluation, page = _trained(_simulated(tmp_path, 900, 14, NOTHING))

    assert _gain(evaluation["ablation"])["low"] <= 0
    assert "No gain shown from nurse visits in this district" in page
    assert "Nurse visits earned" not in page
    assert not re.search(r"nurse visits (help|improve|raise|add to|matter)", page, flags=re.I)


@pytest.mark.slow
def test_a_training_run_names_the_planted_signal_in_its_report(tmp_path: Path) -> None:
    evaluation, page = _trained(_simulated(tmp_path, 2000, 13, PLANTED))

    assert _gain(evaluation["ablation"])["low"] > 0
    assert EARNED in page


def _trained(district: AtWork) -> tuple[dict[str, Any], str]:
    assert district.run("ingest") == 0
    assert district.run("train") in (0, 50)
    return district.figures("evaluation.json"), _words(district.reports() / "evaluation.html")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12, 14, 15])
def test_a_planted_signal_is_found_on_other_seeds(seed: int) -> None:
    found = _ablation(2000, seed, PLANTED)

    assert found["sentence"].startswith(EARNED)
    assert _gain(found)["value"] > 0.005


@pytest.mark.slow
def test_where_visits_tell_nothing_they_hardly_ever_earn_a_place() -> None:
    """One in forty is what a 95% interval allows; two of six have a chance below 0.01."""
    earned = [seed for seed in range(11, 17) if EARNED in _ablation(2000, seed, NOTHING)["sentence"]]

    assert len(earned) <= 1
    # What is shown as a gain by mistake is small.
    assert max(_gain(_ablation(2000, seed, NOTHING))["value"] for seed in range(11, 17)) < 0.01
