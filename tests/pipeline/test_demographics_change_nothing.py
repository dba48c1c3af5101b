"""Who a student is, beyond absence, health and roster, moves nobody on a list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.pipeline.at_work import AtWork, published_bytes, same_bytes


def permuted(rows: pd.DataFrame) -> pd.DataFrame:
    """Give every student somebody else's attributes, column by column."""
    random = np.random.default_rng(5)
    names = [name for name in rows if name != "student_id"]
    assert len(names) == 7
    changed = rows.assign(**{name: random.permutation(rows[name].to_numpy()) for name in names})
    assert (changed["race_ethnicity"] != rows["race_ethnicity"]).mean() > 0.3
    return changed


def test_demographics_move_no_score_rank_selection_reason_or_list(in_service: AtWork, moved: AtWork) -> None:
    moved.change_extract("students", permuted)
    moved.into_a_fresh_store()

    assert moved.score() == 0
    assert same_bytes(published_bytes(in_service), published_bytes(moved)) == []
