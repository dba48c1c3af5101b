"""The quick ways to an AUC and to calibration give the figures of the plain ways, group by group."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ews.equity.judged_rows import LEFT_OUT, Grouping
from ews.equity.placements import ScoreOrder
from ews.equity.recalibration import recalibrate
from ews.model.measures import auc, calibration_in_the_large, recalibration_line, risk_logit


def rows_of(seed: int, rows: int = 400, groups: int = 4, levels: int = 1_000):
    generator = np.random.default_rng(seed)
    risk = np.clip(generator.beta(1.2, 3, rows).round(4) * levels // 1 / levels, 0.01, 0.99)
    label = (generator.random(rows) < risk).astype(np.int64)
    members = pd.Series(generator.choice(list("ABCDEF")[:groups], rows))
    return label, risk, members


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from([2, 5, 1_000]))
def test_the_mean_placement_of_the_positives_is_the_auc_of_every_group(seed, groups, levels):
    label, risk, members = rows_of(seed, rows=80, groups=groups, levels=levels)
    grouping = Grouping.of(members, compared=False)
    ranked = ScoreOrder(label, risk).ranked(label, grouping)
    for at, name in enumerate(grouping.names):
        own = (members == name).to_numpy()
        np.testing.assert_allclose(ranked.auc[at], auc(label[own], risk[own]), equal_nan=True)


def test_delong_s_error_is_what_resampling_finds():
    label, risk, members = rows_of(1, rows=600, groups=1)
    everyone = Grouping.of(members, compared=False)
    error = ScoreOrder(label, risk).ranked(label, everyone).error(label, everyone)[0]
    generator = np.random.default_rng(0)
    draws = [generator.integers(len(label), size=len(label)) for _ in range(600)]
    assert error == pytest.approx(np.std([auc(label[each], risk[each]) for each in draws]), rel=0.1)


def test_those_left_out_take_part_in_nothing():
    label, risk, members = rows_of(2)
    kept = members.where(members != "C", None)
    grouping = Grouping.of(kept, compared=False)
    assert grouping.names == ("A", "B", "D")
    order = ScoreOrder(label, risk)
    inside = grouping.inside
    alone = ScoreOrder(label[inside], risk[inside])
    apart = alone.ranked(label[inside], Grouping.of(kept[inside], compared=False))
    np.testing.assert_allclose(order.ranked(label, grouping).auc, apart.auc)
    outside = Grouping(("rest",), np.where(grouping.codes > 0, 0, LEFT_OUT), compared=False)
    rest = order.ranked_blocks(label, outside).auc[0]
    others = members.isin(["B", "D"]).to_numpy()
    assert rest == pytest.approx(auc(label[others], risk[others]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([2, 5, 1_000]))
def test_in_blocks_rows_are_ranked_as_each_block_alone_would_be(seed, groups, levels):
    label, risk, members = rows_of(seed, rows=90, groups=groups, levels=levels)
    block = np.random.default_rng(seed).integers(3, size=len(label))
    order = ScoreOrder(label, risk, block)
    chosen = (members != "A").to_numpy()
    blocks = Grouping(("0", "1", "2"), np.where(chosen, block, LEFT_OUT), compared=False)
    grouping = Grouping.of(members, compared=False)
    both = Grouping(tuple("abcdefghijkl"), block * 4 + grouping.codes, compared=False)
    of_blocks, of_both = order.ranked_blocks(label, blocks), order.ranked(label, both)
    assert (of_blocks.placements[~chosen] == 0).all()
    for at in range(3):
        own = chosen & (block == at)
        np.testing.assert_allclose(of_blocks.auc[at], auc(label[own], risk[own]), equal_nan=True)
        alone = ScoreOrder(label[own], risk[own]).placements(np.zeros(own.sum(), dtype=np.int64))
        np.testing.assert_allclose(of_blocks.placements[own], alone)
    for at in range(12):
        own = both.codes == at
        np.testing.assert_allclose(of_both.auc[at], auc(label[own], risk[own]), equal_nan=True)


@pytest.mark.parametrize("rows", [300, 9_000])  # beyond 2,048 rows the grid is used
def test_calibration_is_that_of_fitting_every_group_alone(rows):
    label, risk, members = rows_of(3, rows=rows)
    risk = np.clip(risk + np.random.default_rng(1).uniform(-0.005, 0.005, rows), 0.001, 0.999)
    grouping = Grouping.of(members, compared=False)
    found = recalibrate(label, risk_logit(risk), grouping)
    for at, name in enumerate(grouping.names):
        own = (members == name).to_numpy()
        assert found.shift[at] == pytest.approx(calibration_in_the_large(label[own], risk[own]), abs=1e-8)
        line = recalibration_line(label[own], risk[own])
        assert (found.intercept[at], found.slope[at]) == pytest.approx(line, abs=1e-6)


def test_its_errors_are_what_resampling_finds():
    label, risk, members = rows_of(4, rows=800, groups=1)
    grouping = Grouping.of(members, compared=False)
    found = recalibrate(label, risk_logit(risk), grouping)
    generator = np.random.default_rng(0)
    shifts, slopes = [], []
    for _ in range(400):
        drawn = generator.integers(len(label), size=len(label))
        again = recalibrate(label[drawn], risk_logit(risk[drawn]), grouping)
        shifts.append(again.shift[0])
        slopes.append(again.slope[0])
    assert found.shift_error[0] == pytest.approx(np.std(shifts), rel=0.15)
    assert found.slope_error[0] == pytest.approx(np.std(slopes), rel=0.15)


@pytest.mark.parametrize(
    ("label", "risk"),
    [([0, 0, 0], [0.1, 0.2, 0.3]), ([1, 1], [0.1, 0.2]), ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])],
    ids=["no positives", "only positives", "separated"],
)
def test_what_is_undefined_is_not_a_number(label, risk):
    grouping = Grouping.of(pd.Series(["A"] * len(label)), compared=False)
    found = recalibrate(np.array(label), risk_logit(np.array(risk)), grouping)
    assert np.isnan(found.slope[0])
    assert np.isnan(found.shift[0]) == (len(set(label)) == 1)
