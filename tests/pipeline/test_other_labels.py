"""Lists under the other labels: the same sections and places, and every word speaks of what was predicted."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from ews.simulate.district import simulate
from tests.pipeline.at_work import AtWork, sign_off

# A training for each.
pytestmark = pytest.mark.slow

LABELS = [
    pytest.param("chronic_over_the_rest", "went on to be chronically absent over the rest of the year"),
    pytest.param("{absences: 5, within_days: 40}", "missed at least 5 of the next 40 school days"),
]
SETTINGS = "  resamples: 200\n\ntraining: {{label: {label}, as_of: [10-01, 02-01], resamples: 100}}\n"


def _words(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")).split())


@pytest.mark.parametrize(("label", "did"), LABELS)
def test_under_another_label_lists_keep_their_sections(
    label: str, did: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    configuration = simulate(tmp_path / "district", students=450, years=4, seed=1)
    with configuration.open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(label=label))
    district = AtWork(configuration.parent)
    assert district.run("ingest") == 0
    assert district.run("train") == 0, "choose another seed"

    said = capfd.readouterr().out
    assert did in " ".join(said.split())
    assert "became chronically absent" not in said
    for page in ("evaluation", "fairness", "fairness_public"):
        assert "became chronically absent" not in _words(district.reports() / f"{page}.html"), page
    assert did in _words(district.reports() / "fairness.html")

    if district.figures("evaluation.json")["gate"] != "pass":
        assert sign_off(district) == 0
    assert district.run("promote") == 0
    assert district.score() == 0
    scores = district.scores()
    lists = [
        pd.read_csv(path, dtype=str) for path in sorted((district.published() / "outreach").glob("*.csv"))
    ]
    listed = pd.concat(lists).merge(scores, on="student_id", suffixes=("", "_scored"))
    assert set(listed["section"]) == {"prevent", "intensive"}
    assert ((listed["section"] == "intensive") == listed["already_chronic"]).all()
    assert all(len(each) <= 25 for each in lists)
    places = listed.groupby(["school_id", "section"]).size().unstack(fill_value=0)
    assert (places["prevent"] == 15).all()
    assert (places["intensive"] <= 10).all()
