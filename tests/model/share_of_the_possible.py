"""How much of the possible lift a model reaches on simulated districts, and what bounds it.

Measured on the test year's students who are not yet chronically absent, by as-of date and pooled::

    share = (AUC of the model - AUC of the best rule) / (AUC of the true risk - AUC of the best rule)

The true risk knows each student's propensity and hidden state, which no extract shows. Two ceilings say
how much of what is missing is out of reach: the same model given the hidden state beside its features
(what is then still missing is lost by trees and a sample of finite size), and ``observer``, which knows the
process and every one of its parameters but sees no more than the records do (``tests/model/observer.py``).

Run from the repository's root; matrices are cached in the folder, so that a second run only fits::

    python -m tests.model.share_of_the_possible --folder /tmp/share --seeds 11 12 13 14 15
    python -m tests.model.share_of_the_possible --folder /tmp/share --seeds 1 2 3 --without days_since_absence
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ews.config import Config
from ews.features.matrix import FEATURES, schema_digest
from ews.label import complete_years, outcomes
from ews.model.baselines import logistic_regression, rules_of_thumb
from ews.model.fitting import fit_model
from ews.model.labelled_rows import LabelledRows, labelled_rows
from ews.model.measures import auc
from ews.model.years import YearPlan, plan_years
from ews.progress import silent
from ews.store.schema import read_store
from tests.model.observer import observed_risks
from tests.model.simulated_with_hidden_state import HIDDEN, hidden_state, loaded_district

KEYS = ["student_id", "as_of_date"]


def cached_rows(folder: Path, seed: int, config: Config) -> tuple[LabelledRows, YearPlan]:
    """The labelled rows of training's years, with the hidden state as columns of ``standing``."""
    with read_store(config.workspace_dir) as session:
        plan = plan_years(complete_years(session))
        path = folder / f"seed-{seed}" / f"rows-{schema_digest()[:12]}.parquet"
        if not path.exists():
            found = labelled_rows(session, plan.years, outcomes(session, config), config, silent)
            features = found.features.add_prefix("feature_")
            pd.concat([found.standing, features], axis=1).to_parquet(path)
    frame = pd.read_parquet(path)
    features = frame[[f"feature_{name}" for name in FEATURES]].set_axis(list(FEATURES), axis=1)
    standing = frame[[name for name in frame if not name.startswith("feature_")]]
    standing = standing.merge(hidden_state(folder, seed), on=KEYS, how="left", validate="1:1")
    return LabelledRows(standing, features, {}), plan


def scores(rows: LabelledRows, plan: YearPlan, without: list[str]) -> pd.DataFrame:
    """The test year's rows with the score of every predictor."""
    seen = LabelledRows(rows.standing, rows.features.drop(columns=without), rows.enrolled)
    told = LabelledRows(rows.standing, seen.features.join(rows.standing[list(HIDDEN)]), rows.enrolled)
    test = rows.of_years([plan.test])
    regression = logistic_regression(
        rows.of_years(plan.train).features, rows.of_years(plan.train).standing["label"], test.features
    )
    return pd.concat(
        [
            test.standing[[*KEYS, "label", "already_chronic"]],
            rules_of_thumb(test.features),
            pd.DataFrame(
                {
                    "logistic_regression": regression,
                    "model": _risks(seen, plan),
                    "told_the_state": _risks(told, plan),
                    "truth": test.standing["risk"],
                }
            ),
        ],
        axis=1,
    )


def _risks(rows: LabelledRows, plan: YearPlan) -> np.ndarray:
    validation = rows.of_years([plan.validation]) if plan.validation else None
    model = fit_model(rows.of_years(plan.train), validation, seed=1, progress=silent)
    return model.risks(rows.of_years([plan.test]).features)


def figures(scored: pd.DataFrame) -> pd.DataFrame:
    """AUC of every predictor among those not yet chronic, by as-of date and pooled, and the share."""
    # Without a truth are those who have left the day before, which the district does not know yet.
    open_rows = scored.loc[~scored["already_chronic"] & scored["truth"].notna()]
    names = [name for name in scored if name not in (*KEYS, "label", "already_chronic")]
    parts = [(str(day), part) for day, part in open_rows.groupby("as_of_date")] + [("pooled", open_rows)]
    table = pd.DataFrame(
        {
            when: {name: auc(part["label"].to_numpy(), part[name].to_numpy()) for name in names}
            for when, part in parts
        }
    ).T
    best = table[[name for name in names if name.startswith("rule_")]].max(axis=1)
    possible = table["truth"] - best
    of_the_possible = {
        f"share_{name}": (table[name] - best) / possible
        for name in ("model", "told_the_state", "observer")
        if name in table
    }
    return table.assign(best_rule=best, **of_the_possible)


def main() -> None:
    """Print the figures of the seeds asked for, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--students", type=int, default=6000)
    parser.add_argument("--years", type=int, default=6)
    parser.add_argument("--without", nargs="*", default=[], help="features to leave out")
    parser.add_argument("--observer", action="store_true", help="the ceiling of what records can show, too")
    asked = parser.parse_args()
    tables = []
    for seed in asked.seeds:
        config = loaded_district(asked.folder, seed, asked.students, asked.years)
        rows, plan = cached_rows(asked.folder, seed, config)
        scored = scores(rows, plan, asked.without)
        if asked.observer:
            seen = observed_risks(seed, asked.students, asked.years, asked.folder, plan.test)
            scored = scored.merge(seen, on=KEYS, how="left", validate="1:1")
        tables.append(figures(scored))
        print(f"seed {seed}\n{tables[-1].round(4).to_string()}\n", flush=True)  # noqa: T201 - a program
    shown = pd.DataFrame({seed: table.loc["pooled"] for seed, table in zip(asked.seeds, tables, strict=True)})
    print(f"pooled\n{shown.assign(mean=shown.mean(axis=1)).round(4).to_string()}")  # noqa: T201


if __name__ == "__main__":
    main()
