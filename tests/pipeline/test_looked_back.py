"""A night that finds a completed year's outcomes known audits the lists of that year, once."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ews.nightly.night_log import LOOKED_BACK, runs
from ews.nightly.served_fit import LEAST_STUDENTS, fit_sentence
from tests.pipeline.at_work import AtWork
from tests.pipeline.test_as_served import made_worse

ASKED = "--as-of", "2026-01-16"


@pytest.fixture
def looked_back(served_copy: AtWork) -> dict[str, Any]:
    served_copy.edit("prevent: {per_school: 1}", "prevent: {per_school: 15}")
    assert served_copy.run("nightly", *ASKED) in (0, 10)
    return dict(runs(served_copy.workspace)[-1][LOOKED_BACK])


def test_the_night_says_whether_the_verdict_held_and_how_well_the_risks_fitted(
    looked_back: dict[str, Any], served_copy: AtWork
) -> None:
    figures = json.loads(
        (served_copy.workspace / "reports" / "as-served-2025" / "fairness.json").read_bytes()
    )
    assert looked_back["school_year"] == 2025
    assert looked_back["holds"] is figures["as_served"]["holds"] is True
    assert figures["as_served"]["sentence"] in looked_back["sentence"]
    fit = next(note for note in figures["notes"] if note.startswith("The published risks expected"))
    assert fit in looked_back["sentence"]
    assert "reports/as-served-2025/fairness.html" in looked_back["sentence"]


@pytest.mark.slow
def test_it_is_made_once(
    looked_back: dict[str, Any], served_copy: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert served_copy.run("nightly", *ASKED) in (0, 10)
    assert looked_back["sentence"] not in capsys.readouterr().out
    assert runs(served_copy.workspace)[-1][LOOKED_BACK] is None
    assert served_copy.run("verify") == 0


@pytest.mark.slow
def test_what_does_not_hold_is_exit_10_and_stays_on_the_status(
    served_copy: AtWork, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_worse(served_copy, monkeypatch)
    assert served_copy.run("nightly", *ASKED) == 10
    served_copy.run("nightly", *ASKED)
    capsys.readouterr()
    assert served_copy.run("status") == 10
    assert "no longer holds for the lists of 2024-25" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_lists_that_cannot_be_audited_are_told_of_once_and_stop_no_night(
    served_copy: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    for night in (served_copy.workspace / "published").glob("202[45]-??-??"):
        (night / "scores.parquet").write_bytes(b"other")
    capsys.readouterr()
    assert served_copy.run("nightly", *ASKED) in (0, 10)
    assert "The lists of 2024-25 could not be audited" in capsys.readouterr().out
    served_copy.run("nightly", *ASKED)
    assert "could not be audited" not in capsys.readouterr().out


def test_the_fit_of_risks_is_said_in_points() -> None:
    rng = np.random.default_rng(1)
    risk = rng.uniform(0.1, 0.5, 5000)
    label = (rng.uniform(size=5000) < risk + 0.08).astype(int)
    rows = pd.DataFrame({"student_id": np.arange(5000).astype(str), "risk": risk, "label": label})
    sentence = fit_sentence(rows)
    assert sentence is not None
    assert f"expected the outcome of {100 * risk.mean():.1f}%" in sentence
    assert f"it came for {100 * label.mean():.1f}%" in sentence
    off = float(sentence.rpartition("off by ")[2].partition(" points")[0])
    assert off == pytest.approx(8, abs=1.5)
    assert fit_sentence(rows.head(LEAST_STUDENTS - 1)) is None
