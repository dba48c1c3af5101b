"""Early-warning lists for chronic absence: the whole job from Python, in a few names.

Each name is imported when it is first used, so that ``import ews`` costs nothing.

Examples
--------
>>> import ews
>>> config = ews.load_config(Path("district.yaml"))  # doctest: +SKIP
>>> ews.ingest_extracts(config)  # doctest: +SKIP
>>> result = ews.train_model(config)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ews.approval import Decision as Decision
    from ews.approval import promote as promote_model
    from ews.approval import record_sign_off as record_sign_off
    from ews.config import load_config as load_config
    from ews.demo import demo as run_demo
    from ews.equity.questions import comparison_table as comparison_table
    from ews.equity.questions import group_table as group_table
    from ews.equity.questions import positives_needed as positives_needed
    from ews.features.matrix import build_matrix as feature_matrix
    from ews.label import outcomes as observed_outcomes
    from ews.model.evaluation_table import evaluation_table as evaluation_table
    from ews.nightly.as_served import audit_as_served as audit_as_served
    from ews.nightly.night import nightly as run_night
    from ews.nightly.night import score_and_publish as publish_lists
    from ews.nightly.verify import verify as verify_workspace
    from ews.rates.report import rates as absence_rates
    from ews.simulate.district import simulate as simulate_district
    from ews.store.ingest import check as check_extracts
    from ews.store.ingest import ingest as ingest_extracts
    from ews.store.schema import read_store as read_store
    from ews.training.report_folder import read_evaluation as read_evaluation
    from ews.training.report_folder import read_fairness as read_fairness
    from ews.training.run import train as train_model

_HOMES = {
    "Decision": ("ews.approval", "Decision"),
    "absence_rates": ("ews.rates.report", "rates"),
    "audit_as_served": ("ews.nightly.as_served", "audit_as_served"),
    "check_extracts": ("ews.store.ingest", "check"),
    "comparison_table": ("ews.equity.questions", "comparison_table"),
    "evaluation_table": ("ews.model.evaluation_table", "evaluation_table"),
    "feature_matrix": ("ews.features.matrix", "build_matrix"),
    "group_table": ("ews.equity.questions", "group_table"),
    "ingest_extracts": ("ews.store.ingest", "ingest"),
    "load_config": ("ews.config", "load_config"),
    "observed_outcomes": ("ews.label", "outcomes"),
    "positives_needed": ("ews.equity.questions", "positives_needed"),
    "promote_model": ("ews.approval", "promote"),
    "publish_lists": ("ews.nightly.night", "score_and_publish"),
    "read_evaluation": ("ews.training.report_folder", "read_evaluation"),
    "read_fairness": ("ews.training.report_folder", "read_fairness"),
    "read_store": ("ews.store.schema", "read_store"),
    "record_sign_off": ("ews.approval", "record_sign_off"),
    "run_demo": ("ews.demo", "demo"),
    "run_night": ("ews.nightly.night", "nightly"),
    "simulate_district": ("ews.simulate.district", "simulate"),
    "train_model": ("ews.training.run", "train"),
    "verify_workspace": ("ews.nightly.verify", "verify"),
}

__all__ = [
    "Decision",
    "absence_rates",
    "audit_as_served",
    "check_extracts",
    "comparison_table",
    "evaluation_table",
    "feature_matrix",
    "group_table",
    "ingest_extracts",
    "load_config",
    "observed_outcomes",
    "positives_needed",
    "promote_model",
    "publish_lists",
    "read_evaluation",
    "read_fairness",
    "read_store",
    "record_sign_off",
    "run_demo",
    "run_night",
    "simulate_district",
    "train_model",
    "verify_workspace",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for."""
    if name not in _HOMES:
        msg = f"module 'ews' has no attribute {name!r}"
        raise AttributeError(msg)
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
