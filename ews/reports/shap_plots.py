"""What the model rests on, feature by feature: shap's own plots, as pictures for the data team's page.

Drawn from LightGBM's own contributions (equal to shap's TreeExplainer). The only module that imports shap,
which takes seconds: inside the function that draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ews.model.families import FAMILIES
from ews.reports.canvas import drawn, managed_figure, to_png

if TYPE_CHECKING:
    from ews.reports.canvas import Axes

BEESWARM = "shap_beeswarm.png"
DEPENDENCE = "shap_dependence.png"
PLOTS = (BEESWARM, DEPENDENCE)

MOST_ROWS = 2_000
LEAST_ROWS = 200
"""On fewer rows every dot would be somebody's."""

SHOWN_AS_DOTS = 12
SHOWN_IN_DETAIL = 4
_LEFT_OUT = FAMILIES["meal programs"]
"""A student's meal status is confidential (42 USC 1758(b)(6)): not even as a dot without a name."""


def drawn_rows(features: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the rows that are drawn: at most :data:`MOST_ROWS`, in an order that tells nothing."""
    order = np.random.default_rng(seed).permutation(len(features))[:MOST_ROWS]
    return features.iloc[order].reset_index(drop=True)


def shap_plots(features: pd.DataFrame, contributions: np.ndarray) -> dict[str, bytes]:
    """Return PNG files by name: beeswarm and dependence; none where there is too little to draw.

    Feature values and contributions are clipped to their 1st and 99th percentiles, so that no single student
    stands out; meal status is left out. The same rows give the same bytes.

    Parameters
    ----------
    features : DataFrame
        Rows of :func:`drawn_rows`.
    contributions : ndarray of shape (rows, features)
        Each feature's share of each raw score, in log odds.
    """
    known = features.notna().any().to_numpy()
    kept = [at for at, name in enumerate(features.columns) if known[at] and name not in _LEFT_OUT]
    sizes = np.abs(contributions[:, kept]).mean(axis=0) if len(features) else np.zeros(len(kept))
    if len(features) < LEAST_ROWS or not sizes.any():
        return {}
    values, data = _clipped(contributions[:, kept]), _clipped(features.to_numpy(dtype=float)[:, kept])
    names = [features.columns[at].replace("_", " ") for at in kept]
    ranked = [int(at) for at in np.argsort(-sizes, kind="stable") if sizes[at] > 0]
    with _own_chance():
        return _drawn(values, data, names, ranked)


def _clipped(columns: np.ndarray) -> np.ndarray:
    """Return columns without their outermost hundredths; a column without values stays empty."""
    clipped = columns.copy()
    for at in range(columns.shape[1]):
        known = columns[~np.isnan(columns[:, at]), at]
        if len(known):
            clipped[:, at] = np.clip(columns[:, at], *np.percentile(known, [1, 99]))
    return clipped


@drawn
def _drawn(values: np.ndarray, data: np.ndarray, names: list[str], ranked: list[int]) -> dict[str, bytes]:
    import shap

    explained = shap.Explanation(values=values, data=data, feature_names=names)
    rows = min(SHOWN_AS_DOTS, len(ranked))
    with managed_figure(9.0, 0.36 * rows + 1.1) as (figure, (axes,)):
        chosen = explained[:, ranked[:rows]]
        shap.plots.beeswarm(
            chosen, max_display=rows, ax=axes, plot_size=None, show=False, s=7, group_remaining_features=False
        )
        _smaller(figure.axes)
        axes.set_xlabel("contribution to the score (log odds); to the right: raises the risk", fontsize=9.5)
        beeswarm = to_png(figure)
    detail = ranked[:SHOWN_IN_DETAIL]
    lines = math.ceil(len(detail) / 2)
    with managed_figure(9.6, 3.1 * lines, columns=2, lines=lines) as (figure, panels):
        for axes, at in zip(panels, detail, strict=False):
            shap.plots.scatter(
                explained[:, at], color=explained[:, ranked[:rows]], ax=axes, show=False, dot_size=7
            )
            axes.set_ylabel("contribution (log odds)")
        for spare in panels[len(detail) :]:
            spare.remove()
        _smaller(figure.axes)
        dependence = to_png(figure)
    return {BEESWARM: beeswarm, DEPENDENCE: dependence}


def _smaller(every: list[Axes]) -> None:
    for axes in every:
        axes.tick_params(labelsize=9)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set_fontsize(9.5)


@contextmanager
def _own_chance() -> Iterator[None]:
    """Let shap jitter its dots from numpy's global generator, always alike, and leave that as it was."""
    before: Any = np.random.get_state()
    np.random.seed(1)
    try:
        yield
    finally:
        np.random.set_state(before)
