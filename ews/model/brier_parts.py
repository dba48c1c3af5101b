"""What a Brier score is made of: how far off risks are, how well they separate, how hard the question is."""

from __future__ import annotations

import numpy as np


def brier_parts(label: np.ndarray, risk: np.ndarray) -> dict[str, float | None]:
    """Return the parts of the Brier score: ``reliability`` - ``resolution`` + ``uncertainty``.

    ``reliability`` (ideal 0) is what would be gained by replacing every risk by the observed rate at that
    risk; ``resolution`` (the more the better) is what these rates gain over giving everybody the base rate;
    ``uncertainty`` is p(1 - p), the score of the base rate p. A. H. Murphy (1973), Journal of Applied
    Meteorology 12, 595-600; the observed rates by isotonic regression instead of bins, so that the parts add
    up exactly (T. Dimitriadis, T. Gneiting and A. Jordan 2021, PNAS 118, e2016191118). All null without rows.

    Parameters
    ----------
    label, risk : arrays of shape (rows,)
        Outcome (0 or 1) and risk (0 to 1).
    """
    if len(label) == 0:
        return dict.fromkeys(("reliability", "resolution", "uncertainty"))
    from sklearn.isotonic import IsotonicRegression

    observed = IsotonicRegression().fit_transform(risk, label)
    score = float(np.mean((risk - label) ** 2))
    best = float(np.mean((observed - label) ** 2))
    rate = float(np.mean(label))
    uncertainty = rate * (1 - rate)
    return {"reliability": score - best, "resolution": uncertainty - best, "uncertainty": uncertainty}
