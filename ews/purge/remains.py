"""What a purge cannot remove, said plainly: what models have learnt, and what other files still hold."""

from __future__ import annotations

import datetime as dt
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.errors import EwsError
from ews.registry import CHAMPION, Registry, Run, Version
from ews.training.report_folder import CARD, read_figures
from ews.training.run import AUDIT_FOLDER

_SHORTEST_SEARCHED = 6
"""Shorter ids are not searched for in other files: they stand there by chance."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Learnt:
    """A model that was made while rows of the subject were in the store.

    Attributes
    ----------
    version : str or None
        The registered version; None where the run was not registered, and its model is kept nevertheless.
    trained, judged : tuple of int
        The school years of the subject that it was trained on, and calibrated or judged on.
    """

    version: str | None
    run: str
    trained: tuple[int, ...]
    judged: tuple[int, ...]
    in_service: bool

    def sentence(self) -> str:
        """Return what this is, and what the district can do."""
        name = f"version {self.version}" if self.version else "a model that was not registered"
        uses = [
            f"{what} on {', '.join(str(year) for year in years)}"
            for what, years in (("trained", self.trained), ("calibrated or judged", self.judged))
            if years
        ]
        then = (
            "it is in service: train and promote a new version"
            if self.in_service
            else "delete it from the registry once nothing rests on it"
        )
        return f"{name} (run {self.run}) was {' and '.join(uses)}; a tree cannot forget a student; {then}"


def learnt_from(config: Config, years: Sequence[int], until: dt.datetime) -> list[Learnt] | None:
    """Return the models that were made from these school years before a time; None if it cannot be told.

    A model may have been made from the subject's rows if their school years are among its own.

    Parameters
    ----------
    until : datetime
        Naive UTC; a model that was made later never saw the rows.
    """
    database = Path(config.registry_uri.removeprefix("sqlite:///"))
    if not database.is_file():
        return []
    try:
        registry = Registry(config)
        champion = registry.alias(CHAMPION)
        made = [*_versions(registry), *_unregistered(config, registry)]
    except EwsError:
        return None
    serving = champion.number if champion else ""
    found = (
        _learnt(version, run, set(years), serving)
        for version, run in made
        if version is None or version.created_at.replace(tzinfo=None) <= until
    )
    return [each for each in found if each is not None]


def _versions(registry: Registry) -> Iterator[tuple[Version | None, Run]]:
    for number in range(1, int(registry.next_version())):
        try:
            version = registry.version(str(number))
        except EwsError:
            continue  # deleted since
        yield version, version.run


def _unregistered(config: Config, registry: Registry) -> Iterator[tuple[Version | None, Run]]:
    for folder in sorted((config.workspace_dir / "reports").glob("*/")):
        try:
            run = registry.run_named(folder.name)
        except EwsError:
            continue
        if not registry.versions_of(run):
            yield None, run


def _learnt(version: Version | None, run: Run, years: set[int], serving: str) -> Learnt | None:
    try:
        plan: dict[str, Any] = read_figures(run.folder / AUDIT_FOLDER, CARD)["years"]
    except (OSError, ValueError, KeyError):
        plan = {"train": sorted(years), "validation": None, "test": None}  # not known: it may have been
    trained = tuple(sorted(years & set(plan["train"])))
    judged = tuple(sorted(years & {plan["validation"], plan["test"]}))
    if not trained and not judged:
        return None
    number = version.number if version else None
    return Learnt(number, run.name, trained, judged, in_service=number == serving)


def mentions(config: Config, student: str) -> list[str]:
    """Return the other files of workspace and registry that name a student, by a search of their bytes.

    The store and the published nights are not searched: what is in them is known.
    """
    if len(student) < _SHORTEST_SEARCHED:
        return []
    word = re.compile(rb"(?<![0-9A-Za-z.])" + re.escape(student.encode()) + rb"(?![0-9A-Za-z])")
    workspace = config.workspace_dir
    registry = Path(config.registry_uri.removeprefix("sqlite:///")).parent
    found = [
        str(path.relative_to(root.parent))
        for root in (workspace, registry)
        for path in (root.rglob("*") if root.is_dir() else ())
        if path.is_file() and not _is_known(path, workspace) and _holds(path, word)
    ]
    return sorted(set(found))


def _is_known(path: Path, workspace: Path) -> bool:
    place = path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else ""
    return bool(re.match(r"published/\d{4}-\d\d-\d\d/|store\.duckdb|store\.v\d+\.backup", place))


def _holds(path: Path, word: re.Pattern[bytes]) -> bool:
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if word.search(before + chunk):
                return True
            before = chunk[-200:]
    return False


def temporary_folders() -> list[str]:
    """Return the folders that killed runs of this account may have left in the temporary folder."""
    folder = Path(tempfile.gettempdir())
    return sorted(path.name for path in folder.glob("ews-*-*") if path.is_dir() and _is_ours(path))


def _is_ours(path: Path) -> bool:
    try:
        return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
    except OSError:
        return False
