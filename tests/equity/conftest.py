"""Small districts whose true risk is known."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from ews.config import Audit, Capacities

LEVELS = {"A": -1.8, "B": -1.1, "C": -0.5}
SHARES = (0.4, 0.4, 0.2)


@pytest.fixture
def capacities() -> Capacities:
    return Capacities.model_validate({"prevent": {"per_school": 15}, "intensive": {"per_school": 10}})


@pytest.fixture
def audit_settings() -> Callable[..., Audit]:
    """Return the audit's configuration; anything may be set otherwise."""

    def build(**changes: object) -> Audit:
        usual = {
            "sensitive": ["race_ethnicity"],
            "tolerance": {"excess_fnr": 0.10, "auc_difference": 0.10},
            "resamples": 300,
        }
        return Audit.model_validate({**usual, **changes})

    return build


@pytest.fixture
def district() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame]]:
    """Return judged rows and the audit frame of a district in which every risk is the true one."""

    def build(
        seed: int, students: int = 1_500, dates: int = 1, too_low: dict[str, float] | None = None
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        generator = np.random.default_rng(seed)
        group = generator.choice(list(LEVELS), students, p=SHARES)
        need = np.array([LEVELS[each] for each in group]) + generator.normal(0, 1.2, students)
        label = (generator.random(students) < expit(need)).astype(int)
        lowered = need - np.array([(too_low or {}).get(each, 0.0) for each in group])
        ids = [f"s{at:05d}" for at in range(students)]
        one = pd.DataFrame(
            {
                "student_id": ids,
                "school_id": [f"school{at % 8}" for at in range(students)],
                "label": label,
                "risk": expit(lowered),
                "already_chronic": expit(need) > 0.6,
                "absences_left": generator.integers(0, 18, students),
            }
        )
        rows = pd.concat(
            [one.assign(as_of_date=dt.date(2024, 10 + at, 1)) for at in range(dates)], ignore_index=True
        )
        return rows, pd.DataFrame({"student_id": ids, "race_ethnicity": group})

    return build
