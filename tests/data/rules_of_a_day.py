"""What the engine makes of several rows for one student, school and day."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ews.config import Config
from ews.engine import open_reader
from ews.features.matrix import build_matrix
from ews.store.ingest import ingest
from ews.store.schema import store_path
from tests.data.small import AS_OF, enrolled, small_district
from tests.generators.writing import configuration, write_config, write_load
from tests.reference.settings import Row


def standing_with_same_day(rule: str, attendance: list[Row]) -> dict[str, tuple[float, float, float]]:
    """Absences, suspension rate and tardy rate of every student, under one rule of ``same_day``."""
    students = sorted({row["student_id"] for row in attendance})
    district = small_district(enrollments=[enrolled(each) for each in students], attendance=attendance)
    load = district.loads[0]
    with tempfile.TemporaryDirectory() as folder:
        write_load(load, district.settings, Path(folder))
        document = configuration(district.settings, load)
        document["sources"]["attendance"]["same_day"] = rule
        config = write_config(Path(folder), document)
        ingest(config, loaded_at=load.at)
        return _read(config, students)


def _read(config: Config, students: list[str]) -> dict[str, tuple[float, float, float]]:
    with open_reader(store_path(config.workspace_dir)) as session:
        matrix = build_matrix(session, AS_OF, config)
    columns = zip(
        students,
        matrix.standing["absences"],
        matrix.features["suspension_rate"],
        matrix.features["tardy_rate"],
        strict=True,
    )
    return {student: (float(a), float(s), float(t)) for student, a, s, t in columns}
