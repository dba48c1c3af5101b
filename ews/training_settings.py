"""How a model is trained: when students are looked at, what is predicted, how much is tried."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from ews.school_calendar import DEFAULT_SCHEDULE, check_schedule
from ews.strict_model import StrictModel

CandidateName = Literal[
    "as_configured",
    "without_health",
    "attendance_only",
    "smaller_trees",
    "larger_trees",
    "balanced_weights",
]


class Candidates(StrictModel):
    """A search for a less discriminatory alternative, and who approved its rule beforehand."""

    approved_by: str = Field(min_length=1)
    among: tuple[CandidateName, ...] = get_args(CandidateName)

    @field_validator("among")
    @classmethod
    def _a_choice(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value) or len(value) < 2 or value[0] != "as_configured":
            msg = "name as_configured first, then at least one other candidate, each once"
            raise ValueError(msg)
        return value


class Tune(StrictModel):
    """A search for the size and speed of the trees; every trial fits and judges one recipe."""

    trials: int = Field(ge=1, le=500)


class AbsencesWithin(StrictModel):
    """At least so many days of absence within the next so many instructional days of the student."""

    absences: int = Field(ge=1)
    within_days: int = Field(ge=1, le=200)

    @field_validator("within_days")
    @classmethod
    def _can_happen(cls, value: int, info: Any) -> int:
        if value < info.data.get("absences", 1):
            msg = "nobody can be absent on more days than there are: within_days is less than absences"
            raise ValueError(msg)
        return value


_NAMED_LABELS = ("chronic_by_end", "chronic_over_the_rest")

Label = Literal["chronic_by_end", "chronic_over_the_rest"] | AbsencesWithin


MOST_TEST_ROWS = 10_000_000
"""A million students at the eight usual dates are judged as a whole; of a state, a sample of its schools."""


class Training(StrictModel):
    """When students are looked at, what is predicted, which years count, and how much is sampled."""

    as_of: tuple[str, ...] = DEFAULT_SCHEDULE
    label: Label = "chronic_by_end"
    exclude_school_years: tuple[int, ...] = ()
    max_rows: int = Field(default=1_000_000, ge=1_000)
    max_test_rows: int = Field(default=MOST_TEST_ROWS, ge=1_000)
    seed: int = 1
    resamples: int = Field(default=500, ge=100)
    candidates: Candidates | None = None
    tune: Tune | None = None

    @field_validator("label", mode="before")
    @classmethod
    def _one_of_three(cls, value: Any) -> Any:
        """Say which forms there are, in one sentence instead of one per form."""
        if isinstance(value, dict):
            return AbsencesWithin.model_validate(value)
        if isinstance(value, AbsencesWithin) or value in _NAMED_LABELS:
            return value
        msg = "give chronic_by_end, chronic_over_the_rest, or {absences: N, within_days: M}"
        raise ValueError(msg)

    @field_validator("tune", mode="before")
    @classmethod
    def _a_number_of_trials(cls, value: Any) -> Any:
        if value is None or isinstance(value, dict | Tune):
            return value
        msg = "give {trials: N}"
        raise ValueError(msg)

    @field_validator("as_of")
    @classmethod
    def _known_forms(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        check_schedule(value)
        return value

    @model_validator(mode="after")
    def _one_search(self) -> Self:
        """Refuse tuning beside candidates.

        Whoever approves the rule of the candidates approves recipes that were written down beforehand; a
        tuned one is not. And both would choose on the same validation year, so that the second choice
        would rest on figures that the first has already flattered.
        """
        if self.tune is not None and self.candidates is not None:
            msg = "tune and candidates both choose on the validation year: leave one of them out"
            raise ValueError(msg)
        return self

    @model_serializer(mode="wrap")
    def _only_what_is_said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out keys of a later version that say what they say by default: digests stay as they were."""
        written: dict[str, Any] = handler(self)
        return {key: value for key, value in written.items() if key not in _LATER or value != _LATER[key]}


_LATER: dict[str, Any] = {"label": "chronic_by_end", "tune": None, "max_test_rows": MOST_TEST_ROWS}
