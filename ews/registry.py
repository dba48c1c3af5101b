"""The registry: MLflow runs, versions, tags and aliases. The only module that imports mlflow.

Artifacts lie beside the database, at a place computed from where the database stands now: MLflow keeps
absolute paths, and a folder that was moved still has to score. MLflow never loads a model here: its
loaders would run code that a model folder brings along.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.errors import RegistryUnreachable, UsageError

# Set before mlflow is imported, anywhere: no telemetry about a school district leaves it.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"

CHAMPION = "champion"
CHALLENGER = "challenger"

_SQLITE = "sqlite:///"

_NOTE = "mlflow.note.content"
_NOTICE = re.compile(r"<!-- ews: notice -->.*?<!-- end of notice -->\n*", flags=re.S)
_NOT_THERE = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
"""What MLflow says of a model without that alias, and of a model that was never registered."""

_LONGEST_NOTE = 7_500
"""Characters; MLflow cuts a run's note a little above."""


@dataclass(frozen=True)
class Run:
    """One MLflow run: its id, the name that people use, its tags, and where its artifacts are."""

    run_id: str
    name: str
    tags: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class Version:
    """One registered version and the run it came from."""

    number: str
    tags: dict[str, str]
    created_at: dt.datetime
    run: Run


class Registry:
    """The registry of one configuration.

    Parameters
    ----------
    may_create : bool
        Make the database where there is none: training does. Whoever else opens a registry that was moved
        away would put an empty one in its place, and the night after would find no model in it.

    Raises
    ------
    RegistryUnreachable
        If it is not there or cannot be opened.
    """

    def __init__(self, config: Config, *, may_create: bool = False) -> None:
        if not (may_create or database_is_there(config)):
            raise _not_there()
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        # After the import, which sets levels of its own.
        for name in ("mlflow", "mlflow.store.db.utils", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)

        self._failure = MlflowException
        self.model_name = config.mlflow.model_name
        self._root = _root(config.registry_uri)
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._client = MlflowClient(config.registry_uri, config.registry_uri)
            self._experiment = self._find_experiment(config.mlflow.experiment)
        except Exception as error:
            raise _unreachable() from error

    def start_run(self, today: dt.date) -> Run:
        """Start a run, named by the date and a counter."""
        taken = [run.info.run_name for run in self._client.search_runs([self._experiment], max_results=5000)]
        counters = [int(match[1]) for name in taken if (match := re.fullmatch(rf"{today}-(\d+)", name or ""))]
        name = f"{today}-{max(counters, default=0) + 1}"
        run = self._client.create_run(self._experiment, run_name=name)
        return self._as_run(run)

    def record(self, run: Run, *, tags: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        """Write tags and metrics to a run."""
        for key, value in tags.items():
            self._client.set_tag(run.run_id, key, value)
        for key, number in metrics.items():
            self._client.log_metric(run.run_id, key, number)

    def keep(self, run: Run, folder: Path, name: str) -> None:
        """Copy a folder to the run's artifacts, where this registry stands now."""
        shutil.copytree(folder, run.folder / name, dirs_exist_ok=True)

    def end_run(self, run: Run, *, well: bool) -> None:
        """End a run as finished or failed."""
        self._client.set_terminated(run.run_id, "FINISHED" if well else "FAILED")

    def register(self, run: Run, tags: Mapping[str, str]) -> Version:
        """Register a run's model as a new version and make it the challenger."""
        try:
            self._client.get_registered_model(self.model_name)
        except self._failure:
            self._client.create_registered_model(self.model_name)
        created = self._client.create_model_version(
            self.model_name, source=(run.folder / "model").as_uri(), run_id=run.run_id, tags=dict(tags)
        )
        self._client.set_registered_model_alias(self.model_name, CHALLENGER, created.version)
        return self.version(str(created.version))

    def next_version(self) -> str:
        """Return the number that the next registered version gets."""
        found = self._client.search_model_versions(f"name = '{self.model_name}'")
        return str(max((int(each.version) for each in found), default=0) + 1)

    def set_champion(self, version: Version, tags: Mapping[str, str]) -> None:
        """Make a version the champion and write tags to it that no other version carries then.

        So that an alias which somebody moves back by hand names a version without them.
        """
        self.tag(version, tags)
        self._client.set_registered_model_alias(self.model_name, CHAMPION, version.number)
        for other in self.versions():
            for key in set(tags) & set(other.tags) if other.number != version.number else ():
                self._client.delete_model_version_tag(self.model_name, other.number, key)

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Write tags to a version."""
        for key, value in tags.items():
            self._client.set_model_version_tag(self.model_name, version.number, key, value)

    def show(self, version: Version, sentences: Sequence[str]) -> bool:
        """Show sentences above the notes of a version and of its run; say whether that changed anything.

        What people have written into the notes themselves stays below.
        """
        found = self._client.get_model_version(self.model_name, version.number)
        notes = {"run": version.run.tags.get(_NOTE, ""), "version": found.description or ""}
        shown = {where: _with_notice(note, sentences) for where, note in notes.items()}
        if shown["run"] != notes["run"]:
            self._client.set_tag(version.run.run_id, _NOTE, shown["run"])
        if shown["version"] != notes["version"]:
            self._client.update_model_version(self.model_name, version.number, shown["version"])
        return shown != notes

    def versions(self) -> list[Version]:
        """Return every registered version, the newest first."""
        found = self._client.search_model_versions(f"name = '{self.model_name}'")
        return sorted((self._as_version(each) for each in found), key=lambda v: int(v.number), reverse=True)

    def alias(self, alias: str) -> Version | None:
        """Return the version that carries an alias, or None.

        Raises
        ------
        RegistryUnreachable
            If the database fails while it is asked.
        """
        try:
            found = self._client.get_model_version_by_alias(self.model_name, alias)
        except self._failure as error:
            if error.error_code in _NOT_THERE:
                return None
            raise _unreachable() from error
        return self._as_version(found)

    def version(self, number: str) -> Version:
        """Return a version by its number.

        Raises
        ------
        UsageError
            If there is no such version.
        """
        try:
            return self._as_version(self._client.get_model_version(self.model_name, number))
        except self._failure:
            raise UsageError(
                f"there is no version {number} of the model",
                expected="the number of a registered version",
                where="the registry",
                next_step="look at the versions in the registry, or run `ews train`",
            ) from None

    def versions_of(self, run: Run) -> list[Version]:
        """Return the versions registered from a run, the newest first."""
        found = self._client.search_model_versions(f"run_id = '{run.run_id}'")
        return sorted((self._as_version(each) for each in found), key=lambda v: int(v.number), reverse=True)

    def runs(self) -> list[Run]:
        """Return every run, the oldest first."""
        found = self._client.search_runs(
            [self._experiment], max_results=5000, order_by=["attributes.start_time ASC"]
        )
        return [self._as_run(each) for each in found]

    def run_named(self, name: str) -> Run:
        """Return a run by its name or id.

        Raises
        ------
        UsageError
            If there is no such run.
        """
        runs: Iterable[Any] = self._client.search_runs([self._experiment], max_results=5000)
        for run in runs:
            if name in (run.info.run_name, run.info.run_id):
                return self._as_run(run)
        raise UsageError(
            "there is no such run",
            expected="a run's name (date and counter) or its MLflow id",
            where="the registry",
            next_step="look at the folders under reports/",
        )

    def _find_experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        return str(
            self._client.create_experiment(name, artifact_location=(self._root / "artifacts").as_uri())
        )

    def _as_run(self, run: Any) -> Run:
        folder = self._root / "artifacts" / run.info.run_id / "artifacts"
        return Run(run.info.run_id, run.info.run_name, dict(run.data.tags), folder)

    def _as_version(self, found: Any) -> Version:
        created = dt.datetime.fromtimestamp(found.creation_timestamp / 1000, tz=dt.UTC)
        run = self._as_run(self._client.get_run(found.run_id))
        return Version(str(found.version), dict(found.tags), created, run)


def _with_notice(note: str, sentences: Sequence[str]) -> str:
    """Return a note with sentences before what people wrote, in the place of those that stood there."""
    own = _NOTICE.sub("", note)
    # A sentence may not look like the end of the notice.
    told = "\n\n".join(each.replace("<!--", "").replace("-->", "") for each in sentences)
    if not told:
        return own
    notice = f"<!-- ews: notice -->\n{told}\n<!-- end of notice -->\n\n{own}"
    return notice if len(notice) <= _LONGEST_NOTE else note


def _root(uri: str) -> Path:
    """Return the folder of the registry's database."""
    if not uri.startswith(_SQLITE):
        raise UsageError(
            "the registry is not an SQLite database",
            expected="sqlite:///PATH, relative to the configuration file or absolute",
            where="mlflow.tracking_uri",
            next_step="use for example sqlite:///mlruns/mlflow.db",
        )
    return Path(uri.removeprefix(_SQLITE)).parent


def database_is_there(config: Config) -> bool:
    """Return whether the registry's database exists: MLflow would make an empty one in its place."""
    _root(config.registry_uri)
    return Path(config.registry_uri.removeprefix(_SQLITE)).is_file()


def _not_there() -> RegistryUnreachable:
    return RegistryUnreachable(
        "the registry's database is not there, and no model is in service without it",
        expected="a registry with a champion",
        where="mlflow.tracking_uri",
        next_step="run `ews train`; or, if there was one, put it back from where it went, or from a backup",
    )


def _unreachable() -> RegistryUnreachable:
    return RegistryUnreachable(
        "the registry cannot be opened",
        expected="an MLflow database that this account can read and write",
        where="mlflow.tracking_uri",
        next_step="check the path and its permissions, or restore the registry from a backup",
    )
