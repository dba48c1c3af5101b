"""The rules of the house, read from the source: who imports whom, and what is absent."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from ews.config import SENSITIVE_ATTRIBUTES

HOUSE = Path(__file__).parent.parent / "ews"
MODULES = sorted(HOUSE.rglob("*.py"))

ORDER = (
    "errors",
    "allowed_columns",
    "progress",
    "digests",
    "atomic_switch",
    "private_files",
    "scratch",
    "school_calendar",
    "strict_model",
    "definitions",
    "sources",
    "training_settings",
    "outreach_settings",
    "engine_settings",
    "config",
    "engine",
    "extracts",
    "store",
    "cluster_failures",
    "spark",
    "planned",
    "snapshot",
    "school_days",
    "attendance_rules",
    "cohort",
    "label",
    "chronic_day",
    "features",
    "list_order",
    "capacity",
    "model",
    "equity",
    "rates",
    "registry",
    "outreach",
    "reports",
    "training",
    "approval",
    "nightly",
    "purge",
    "simulate",
    "demo",
    "survey",
    "starter",
    "console",
    "verbs",
    "large_blocks",
    "cli",
)
"""The flow: a module imports only from those before it."""

SIMULATION_MAY_IMPORT = {"errors", "config", "school_calendar", "progress", "simulate"}
"""The simulator knows the truth, so nothing of the pipeline may lend it a rule."""

ONE_ROOM = ("duckdb", "mlflow", "lightgbm", "shap", "fairlearn", "matplotlib", "optuna", "pyspark")
FIXED_ROOM = {"duckdb": "ews/engine.py", "pyspark": "ews/spark.py"}


def name_of(path: Path) -> str:
    return path.relative_to(HOUSE.parent).as_posix()


def layer_of(path: Path) -> str:
    """The layer a file belongs to; registry.py and registry_*.py are one."""
    first = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    return "registry" if first.startswith("registry") else first


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file, by its dotted name."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layers_imported(path: Path) -> set[str]:
    inside = [name.split(".")[1] for name in imports_of(path) if name.startswith("ews.")]
    return {"registry" if each.startswith("registry") else each for each in inside}


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from `def` to its end, its docstring not counted."""
    docstring = function.body[0]
    documented = ast.get_docstring(function) is not None
    counted_out = (docstring.end_lineno or 0) - docstring.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - counted_out


inside = pytest.mark.parametrize(
    "path", [path for path in MODULES if layer_of(path) not in ("__init__", "__main__")], ids=name_of
)


@inside
def test_every_module_has_a_place_in_the_flow(path: Path) -> None:
    assert layer_of(path) in ORDER


@inside
def test_a_module_imports_only_from_those_above_it(path: Path) -> None:
    place = ORDER.index(layer_of(path)) if layer_of(path) in ORDER else len(ORDER)
    below = {layer for layer in layers_imported(path) if layer in ORDER and ORDER.index(layer) > place}
    assert not below, f"{name_of(path)} imports from further down the flow"


def test_the_simulator_imports_nothing_of_the_pipeline() -> None:
    for path in MODULES:
        if layer_of(path) == "simulate":
            assert layers_imported(path) <= SIMULATION_MAY_IMPORT, name_of(path)


@pytest.mark.parametrize("library", ONE_ROOM)
def test_a_library_lives_in_one_room(library: str) -> None:
    rooms = sorted(
        name_of(path)
        for path in MODULES
        if any(name == library or name.startswith(f"{library}.") for name in imports_of(path))
    )
    if library == "mlflow":
        assert all(re.fullmatch(r"ews/registry[a-z_]*\.py", room) for room in rooms), rooms
        return
    assert len(rooms) <= 1, rooms
    assert rooms in ([], [FIXED_ROOM.get(library, *rooms)])


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(path) == "features"], ids=name_of)
def test_features_cannot_name_a_student_attribute(path: Path) -> None:
    names = {node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    texts = {
        node.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    forbidden = {"students", "STUDENTS", "current_students", *SENSITIVE_ATTRIBUTES}
    imported = {name.rsplit(".", 1)[1] for name in imports_of(path) if "." in name}
    assert not forbidden & (names | imported | texts)
    assert not [text for text in texts for each in SENSITIVE_ATTRIBUTES if each != "sex" and each in text]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_command_line_prints(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    prints = [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    assert not prints or name_of(path) == "ews/cli.py"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_file_is_named_for_what_it_holds_and_can_be_read_in_one_sitting(path: Path) -> None:
    assert path.stem not in ("utils", "helpers", "common", "base")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    long = [f"{each.name} ({length_of(each)} lines)" for each in functions_of(path) if length_of(each) > 60]
    assert not long
