"""The engine's matrix and the reference's, side by side."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from ews.cohort import standing
from ews.config import Config
from ews.engine import Session, open_reader
from ews.features.matrix import FEATURES, Matrix, build_matrix
from ews.school_days import place
from ews.snapshot import snapshot
from ews.store.schema import store_path
from tests.generators.district import District
from tests.generators.writing import load_district
from tests.reference.matrix import ReferenceMatrix

STANDING = (
    "student_id",
    "school_id",
    "grade",
    "status",
    "excluded_because",
    "absences",
    "enrolled_days",
    "absence_rate",
    "already_chronic",
    "absences_left",
)


@contextmanager
def loaded(district: District) -> Iterator[tuple[Session, Config]]:
    """A district loaded into a store of its own, and a session that reads it."""
    with tempfile.TemporaryDirectory() as folder:
        config = load_district(district, Path(folder))
        with open_reader(store_path(config.workspace_dir)) as session:
            yield session, config


def matrices(district: District) -> dict[dt.date, Matrix]:
    """The engine's matrix at every as-of date of a district."""
    with loaded(district) as (session, config):
        return {as_of: build_matrix(session, as_of, config) for as_of in district.as_of_dates}


def standings(district: District) -> dict[dt.date, pd.DataFrame]:
    """Only where everyone stands, without the features: what most hand-made cases need."""
    found = {}
    with loaded(district) as (session, config):
        for as_of in district.as_of_dates:
            people = standing(place(snapshot(session, as_of, config)), config)
            found[as_of] = session.collect(people).sort_values("student_id", ignore_index=True)
    return found


def differences(engine: Matrix, reference: ReferenceMatrix) -> list[str]:
    """Every cell that differs by more than 1e-9, as a sentence; none where they are equal."""
    ours = [person.student_id for person in reference.standing]
    theirs = list(engine.standing["student_id"])
    if ours != theirs:
        return [f"roster: reference {ours}, engine {theirs}"]
    found = []
    for number, person in enumerate(reference.standing):
        pairs = [(name, getattr(person, name), engine.standing[name].iloc[number]) for name in STANDING]
        features = reference.features[number]
        pairs += [(name, features.get(name), engine.features[name].iloc[number]) for name in FEATURES]
        found += [
            f"{person.student_id}.{name}: reference {_shown(expected)}, engine {got}"
            for name, expected, got in pairs
            if not _same(expected, got)
        ]
    return found


def same_matrix(one: Matrix, other: Matrix) -> bool:
    """Whether two matrices are identical, cell by cell and type by type."""
    return one.standing.equals(other.standing) and one.features.equals(other.features)


def _same(expected: Any, got: Any) -> bool:
    if expected is None or pd.isna(got):
        return expected is None and bool(pd.isna(got))
    if isinstance(expected, str | bool):
        return bool(expected == got)
    return abs(float(expected) - float(got)) <= 1e-9


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool) else float(value)
