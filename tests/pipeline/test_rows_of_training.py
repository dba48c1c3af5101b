"""Training gets the same parts from rows set aside on disk as from rows held in memory."""

from __future__ import annotations

import pytest

from ews.model.rows_aside import RowsAside
from ews.training import rows as training
from tests.model.test_rows_aside import assert_same
from tests.pipeline.at_work import AtWork


@pytest.mark.slow
def test_training_draws_the_same_parts_from_rows_set_aside(challenger: AtWork, monkeypatch) -> None:
    narrow = challenger.config.training.model_copy(update={"max_rows": 2_000, "max_test_rows": 1_500})
    config = challenger.config.model_copy(update={"training": narrow})
    told: list[str] = []
    with training.open_tables(config) as tables:
        held = training.training_rows(tables, config, lambda *_: None)
        monkeypatch.setattr(training, "RowsAside", lambda: RowsAside(held_rows=1_000))
        drawn = training.training_rows(tables, config, lambda step, _share: told.append(step))
    assert "Drawing a sample" in told
    assert list(drawn.parts) == list(held.parts)
    for name, part in held.parts.items():
        assert_same(drawn.parts[name], part)
    assert drawn.plan == held.plan
