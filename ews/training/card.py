"""What the model card says: gathered from the run, worded by the report."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from ews.config import Config
from ews.model.booster import DECREASING, INCREASING
from ews.model.families import FAMILIES
from ews.model.labelled_rows import LabelledRows
from ews.model.years import YearPlan

_LIBRARIES = ("ews", "lightgbm", "scikit-learn", "fairlearn", "mlflow", "duckdb", "narwhals", "pandas")


def card_of(
    config: Config,
    plan: YearPlan,
    rows: dict[str, LabelledRows],
    *,
    run_name: str,
    trained_by: str,
    verdicts: dict[str, str],
    digests: dict[str, str],
    as_of_dates: list[str],
    history: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the card of a run; see :func:`ews.reports.model_card.render_model_card` for its shape."""
    return {
        "district": config.district,
        "run": run_name,
        "model_name": config.mlflow.model_name,
        "version": None,
        "trained_by": trained_by,
        "definition": {
            **config.definition.model_dump(mode="json"),
            "threshold": float(config.definition.threshold),
        },
        "years": {"train": list(plan.train), "validation": plan.validation, "test": plan.test},
        "as_of_dates": as_of_dates,
        "rows": {part: len(each.standing) for part, each in rows.items()},
        "feature_families": {family: list(names) for family, names in FAMILIES.items()},
        "monotone": list(INCREASING),
        "monotone_down": list(DECREASING),
        "sources": sources_of(config),
        "sensitive": list(config.audit.sensitive),
        "tolerance": config.audit.tolerance.model_dump(),
        "verdicts": verdicts,
        "digests": digests,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "authorization": _authorization(config),
        "limits": [*plan.notes, *history],
        "history": list(history),
        "seed": config.training.seed,
        "show_reasons_from": list(config.outreach.show_reasons_from),
        "model_max_age_days": config.nightly.model_max_age_days,
        "audit_rules": {
            "min_group": config.audit.min_group,
            "min_cell": config.audit.min_cell,
            "resamples": config.audit.resamples,
        },
    }


def sources_of(config: Config) -> list[dict[str, str]]:
    """Return every configured source and what it is used for.

    Contacts are not among them: they stand on printed lists beside what the model says, and a district that
    begins to keep them needs no new model.
    """
    uses = {"students": "audit", "directory": "names on printed lists"}
    found = []
    for table in type(config.sources).model_fields:
        source = getattr(config.sources, table)
        if source is not None and table != "contacts":
            found.append({"table": table, "use": getattr(source, "use", uses.get(table, "feature"))})
    return found


def _authorization(config: Config) -> dict[str, str] | None:
    meals = config.sources.meal_programs
    if meals is None or meals.authorization is None:
        return None
    return {key: str(value) for key, value in meals.authorization.model_dump(mode="json").items()}
