"""The typed configuration: one YAML file into frozen models; an unknown key is an error.

Paths are resolved against the configuration file, wherever the command is started. ``ews init``
writes a file in which every key is explained.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from ews.definitions import Definition as Definition
from ews.engine_settings import EngineSettings
from ews.errors import UsageError
from ews.outreach_settings import Delivery, NextSteps, each_school_its_own
from ews.school_calendar import today_in
from ews.sources import Sources as Sources
from ews.strict_model import StrictModel
from ews.training_settings import AbsencesWithin as AbsencesWithin
from ews.training_settings import CandidateName as CandidateName
from ews.training_settings import Candidates as Candidates
from ews.training_settings import Training as Training

Signal = Literal["attendance", "nurse", "meals", "roster"]
Grade = Literal["PK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"]
SensitiveAttribute = Literal[
    "sex",
    "race_ethnicity",
    "english_learner",
    "disability",
    "economically_disadvantaged",
    "homeless",
    "foster",
    "meal_status",
]

UNDECIDED = "TODO"
"""Stands in a proposed configuration (``ews init --from``) where a person has to decide."""

GRADES: tuple[str, ...] = get_args(Grade)
_ALL_GRADES: tuple[Grade, ...] = get_args(Grade)
SENSITIVE_ATTRIBUTES: tuple[str, ...] = get_args(SensitiveAttribute)

MEAL_STATUS = "meal_status"
"""The one attribute that does not come from the students extract but from the meal programs."""


class MLflow(StrictModel):
    """Where the registry's database stands and what the model is called in it."""

    tracking_uri: str = "sqlite:///mlruns/mlflow.db"
    experiment: str = "ews"
    model_name: str = "ews-chronic-absence"


class Checks(StrictModel):
    """How much may be set aside before a load is refused, and what a delivery is checked against."""

    max_quarantined: float = Field(default=0.0, ge=0, lt=1)
    manifest: str | None = None


class Cohort(StrictModel):
    """Who is scored."""

    grades: tuple[Grade, ...] = Field(default=_ALL_GRADES[1:], min_length=1)
    min_days: int = Field(default=5, ge=1)

    @field_validator("grades", mode="before")
    @classmethod
    def _grades_as_text(cls, value: Any) -> Any:
        # YAML reads an unquoted 10 as a number, and 01 as 1.
        if not isinstance(value, list | tuple):
            return value
        return [f"{grade:02d}" if isinstance(grade, int) else grade for grade in value]


class Tolerance(StrictModel):
    """How far a group may stand apart before the gate fails; stated by the district, no default."""

    excess_fnr: float = Field(gt=0, lt=1)
    auc_difference: float = Field(gt=0, lt=0.5)


class Audit(StrictModel):
    """Whom the audit compares, and how far apart they may be."""

    sensitive: tuple[SensitiveAttribute, ...] = Field(min_length=1)
    tolerance: Tolerance
    min_group: int = Field(default=30, ge=5)
    min_cell: int = Field(default=10, ge=2)
    resamples: int = Field(default=1_000, ge=200)
    economic_rests_on: Literal["meal_status", "other"] = "meal_status"

    @model_validator(mode="after")
    def _no_verdict_on_a_hidden_group(self) -> Self:
        if self.min_group < self.min_cell:
            msg = "min_group may not be below min_cell: a verdict would tell of a group that is suppressed"
            raise ValueError(msg)
        return self

    @field_validator("sensitive")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            msg = "name each attribute once"
            raise ValueError(msg)
        return value


class Capacity(StrictModel):
    """How many students a school can reach: one of three forms."""

    per_school: int | None = Field(default=None, ge=0)
    percent: float | None = Field(default=None, ge=0, le=100)
    by_school: dict[str, Annotated[int, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [self.per_school, self.percent, self.by_school]
        if sum(each is not None for each in given) != 1:
            msg = "give exactly one of per_school, percent, by_school"
            raise ValueError(msg)
        return self


class Capacities(StrictModel):
    """Capacity of the two sections of a list."""

    prevent: Capacity
    intensive: Capacity


class Outreach(StrictModel):
    """How long lists are, what stands on them, where they go, and how long printed ones stay."""

    capacity: Capacities
    show_reasons_from: tuple[Signal, ...] = ("attendance", "roster")
    next_steps: NextSteps = NextSteps()
    deliver: dict[str, Delivery] = Field(default_factory=dict)
    keep_days: int | None = Field(default=None, ge=1)

    @field_validator("deliver")
    @classmethod
    def _each_school_its_own(cls, value: dict[str, Delivery]) -> dict[str, Delivery]:
        return each_school_its_own(value)

    @field_validator("show_reasons_from")
    @classmethod
    def _never_meals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "meals" in value:
            msg = "meal status may never appear in a reason (42 USC 1758(b)(6)); leave 'meals' out"
            raise ValueError(msg)
        return value


class Nightly(StrictModel):
    """What the nightly job tolerates."""

    model_max_age_days: int = Field(default=400, ge=1)
    stale_after_school_days: int = Field(default=5, ge=1)
    refuse_after_school_days: int = Field(default=20, ge=1)
    most_churn: float = Field(default=0.5, gt=0, le=1)
    without_registry_days: int = Field(default=14, ge=0)


class Config(StrictModel):
    """A district's whole configuration.

    ``folder`` is the folder of the file it was read from; every relative path is meant from there.
    """

    district: str = Field(min_length=1)
    timezone: str
    workspace: str = "workspace"
    mlflow: MLflow = MLflow()
    sources: Sources
    checks: Checks = Checks()
    definition: Definition = Definition()
    cohort: Cohort = Cohort()
    training: Training = Training()
    audit: Audit
    outreach: Outreach
    nightly: Nightly = Nightly()
    # Not in what a model rests on: every engine computes the same.
    engine: EngineSettings = Field(default=EngineSettings(), exclude=True)
    folder: Path = Field(default=Path(), exclude=True)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            msg = "not an IANA time zone (for example America/Chicago)"
            raise ValueError(msg) from None
        return value

    @property
    def workspace_dir(self) -> Path:
        """The absolute folder of store, reports and published lists."""
        return self.resolve(self.workspace)

    @property
    def registry_uri(self) -> str:
        """The tracking URI, a relative SQLite path made absolute against the configuration file."""
        prefix = "sqlite:///"
        uri = self.mlflow.tracking_uri
        return f"{prefix}{self.resolve(uri.removeprefix(prefix))}" if uri.startswith(prefix) else uri

    def resolve(self, path: str) -> Path:
        """Return a path of the configuration as an absolute path."""
        return (self.folder / Path(path).expanduser()).resolve()


def load_config(path: Path) -> Config:
    """Read and check a configuration file.

    Raises
    ------
    UsageError
        If the file is missing, is not YAML, or has an unknown key or an unusable value.
    """
    document = _read_yaml(path)
    if "folder" in document:
        raise _unusable(path, ["folder: unknown key"])
    undecided = list(_undecided(document))
    if undecided:
        raise UsageError(
            f"{len(undecided)} things are not decided yet: {', '.join(undecided)}",
            expected=f"a decision in the place of every {UNDECIDED}",
            where=str(path),
            next_step="read the comment beside each of them, decide, and run the command again",
        )
    try:
        config = Config.model_validate({**document, "folder": path.resolve().parent})
    except ValidationError as error:
        raise _unusable(path, [_sentence(each) for each in error.errors()]) from None
    except UsageError as error:
        raise UsageError(
            error.found, expected=error.expected, where=f"{path}, {error.where}", next_step=error.next_step
        ) from None
    _check_authorization(config, path)
    _check_meal_audit(config, path)
    _check_deliveries(config, path)
    return config


def _check_deliveries(config: Config, path: Path) -> None:
    """Refuse folders that are one once `..` and links are followed, or that are the program's own."""
    own = [config.workspace_dir, Path(config.registry_uri.removeprefix("sqlite:///")).parent]
    places = [config.resolve(each.path) for each in config.outreach.deliver.values()]
    for at, place in enumerate(places):
        if any(place == other or place in other.parents or other in place.parents for other in places[:at]):
            found = "two schools are delivered to one folder, or one into the other's"
        elif any(place == other or place in other.parents or other in place.parents for other in own):
            found = "a school is delivered into the workspace or the registry, or into a folder around them"
        else:
            continue
        raise UsageError(
            found,
            expected="for every school a folder of its own, outside of what the program keeps",
            where=f"{path}, outreach.deliver",
            next_step="give each its own; links and `..` are followed",
        )


def _read_yaml(path: Path) -> dict[str, Any]:
    next_step = "write one with `ews init`, or give the right path with -c"
    if not path.is_file():
        raise UsageError("the configuration file is missing", where=str(path), next_step=next_step)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(
            "the configuration is not valid YAML", where=f"{path}{line}", next_step="mend that line"
        ) from None
    if not isinstance(document, dict):
        raise UsageError(
            "the configuration holds no keys", expected="a mapping", where=str(path), next_step=next_step
        )
    return document


def _undecided(value: Any, place: str = "") -> Iterator[str]:
    """Yield the keys that a person has still to decide."""
    if value == UNDECIDED:
        yield place.removeprefix(".")
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from _undecided(each, f"{place}.{key}")


def _unusable(path: Path, sentences: list[str]) -> UsageError:
    return UsageError(
        "; ".join(sentences),
        expected="the keys that `ews init` explains",
        where=str(path),
        next_step="mend the named keys and run the command again",
    )


def _sentence(error: Any) -> str:
    location = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{location}: unknown key{_suggestion(error['loc'])}"
    if "[key]" in location:
        return f"{location.removesuffix('.[key]')}: a key has to be text: put it in quotes"
    if error["type"] == "missing":
        return f"{location}: missing key"
    return f"{location}: {error['msg'].removeprefix('Value error, ')}"


def _suggestion(location: tuple[Any, ...]) -> str:
    model: Any = Config
    for part in location[:-1]:
        field = model.model_fields.get(part)
        model = _model_in(field.annotation) if field is not None else None
        if model is None:
            return ""
    names = [name for name in list(model.model_fields) if name != "folder"]
    near = difflib.get_close_matches(str(location[-1]), names, n=1)
    return f" (did you mean '{near[0]}'?)" if near else f" (known here: {', '.join(names)})"


def _model_in(annotation: Any) -> Any:
    candidates = [annotation, *get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _check_authorization(config: Config, path: Path) -> None:
    meals = config.sources.meal_programs
    if meals is None or meals.use != "feature":
        return
    today = today_in(config.timezone)
    if meals.authorization is not None and meals.authorization.expires >= today:
        return
    state = "has none" if meals.authorization is None else "has one that has expired"
    raise UsageError(
        f"meal_programs.use is 'feature', which needs an authorization, and the configuration {state}",
        expected="authorization: {basis, citation, approved_by, expires} that has not expired",
        where=f"{path}, sources.meal_programs",
        next_step="record the district's basis (42 USC 1758(b)(6)), or set use to 'audit' or 'none'",
    )


def _check_meal_audit(config: Config, path: Path) -> None:
    meals = config.sources.meal_programs
    allowed = meals is not None and meals.use in ("audit", "feature")
    if MEAL_STATUS not in config.audit.sensitive or allowed:
        return
    raise UsageError(
        "audit.sensitive names meal_status, and meal_programs may not be read for an audit",
        expected="sources.meal_programs with use: audit (or feature)",
        where=str(path),
        next_step="set its use after your district has decided, or take meal_status out",
    )
