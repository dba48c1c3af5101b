"""What a model was fitted and judged on has one digest, however many of its rows are looked at together."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from ews.model.labelled_rows import LabelledRows
from ews.training import run
from tests.model.test_rows_aside import of_day

ROWS = of_day(dt.date(2022, 10, 3), 2023)


def test_it_does_not_depend_on_how_many_rows_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = run.data_digest({"train": ROWS})
    monkeypatch.setattr(run, "_DIGESTED_AT_ONCE", 7)
    assert run.data_digest({"train": ROWS}) == at_once


@pytest.mark.parametrize("column", ["student_id", "label", "feature", "part"])
def test_it_tells_of_every_cell(column: str) -> None:
    standing, features, part = ROWS.standing.copy(), ROWS.features.copy(), "train"
    last = len(standing) - 1
    if column == "student_id":
        standing.loc[last, "student_id"] = "S-999"
    elif column == "label":
        standing.loc[last, "label"] = 1 - standing.loc[last, "label"]
    elif column == "feature":
        features.iloc[last, -1] = np.pi
    else:
        part = "validation"
    changed = run.data_digest({part: LabelledRows(standing, features, {})})
    assert changed != run.data_digest({"train": ROWS})
