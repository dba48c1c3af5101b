"""Definitions of chronic absence: what a district, a state or a federal report counts.

The district's own definition is the one that the model is trained on. Beside it may stand any number of
named ones, which ``ews rates`` prints side by side: presets by their name, and custom ones. What each
preset rests on, and where a source was silent, is written in docs/definitions.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from ews.strict_model import StrictModel

Grain = Literal["district", "school"]
PartialDay = Literal["half", "fraction", "whole", "thirds"]
Measure = Literal["share", "days", "minutes", "hours"]
CountableKind = Literal[
    "tardy",
    "in_school_suspension",
    "absent_excused",
    "absent_unexcused",
    "absent_suspension",
    "exempt",
]
Counting = Literal["absence", "attendance", "neither"]

USUAL_COUNTING: Mapping[str, str] = {
    "tardy": "absence",
    "in_school_suspension": "attendance",
    "absent_excused": "absence",
    "absent_unexcused": "absence",
    "absent_suspension": "absence",
    "exempt": "neither",
}
"""What each kind of exception counts as, where a definition says nothing else."""

_FINEST_THRESHOLD = 9
"""Decimal places: with more, whole-number arithmetic could run over 64 bits."""


class Rules(StrictModel):
    """What every definition states.

    Attributes
    ----------
    measure : str
        ``share`` (of days enrolled), ``days`` (a number of days), ``minutes`` (share of the minutes of
        instruction) or ``hours`` (a number of hours in the year, or in a school month of twenty days).
    threshold : Decimal
        The bound of ``share`` and ``minutes``.
    days, hours_in_year, hours_in_month : int, optional
        The bounds of ``days`` and ``hours``; with both hours, either suffices.
    inclusive : bool
        Whether someone exactly at the bound is chronically absent.
    partial_day : str
        ``half`` (half or more is a day), ``fraction`` (a part is that part), ``whole`` (only a day missed
        whole) or ``thirds`` (Wisconsin: attended 66% is a day, 33% half a day). Minutes need no such rule.
    kinds : mapping
        Kinds that count otherwise than in :data:`USUAL_COUNTING`: as ``absence``, as ``attendance``, or in
        ``neither`` numerator nor denominator.
    min_enrolled_days, min_attended_days : int
        With fewer, a student is in no rate.
    leavers, prekindergarten : str
        ``in`` or ``out``: whether students who left before the last counted day, and pupils of grade PK,
        are in the rate.
    """

    name: str = Field(default="district", min_length=1, max_length=40)
    measure: Measure = "share"
    threshold: Decimal = Field(default=Decimal("0.10"), gt=0, lt=1)
    days: int | None = Field(default=None, ge=1)
    hours_in_year: int | None = Field(default=None, ge=1)
    hours_in_month: int | None = Field(default=None, ge=1)
    inclusive: bool = True
    min_enrolled_days: int = Field(default=10, ge=1)
    min_attended_days: int = Field(default=0, ge=0)
    partial_day: PartialDay = "half"
    kinds: dict[CountableKind, Counting] = Field(default_factory=dict)
    leavers: Literal["in", "out"] = "in"
    prekindergarten: Literal["in", "out"] = "in"

    @field_validator("threshold")
    @classmethod
    def _whole_numbers_suffice(cls, value: Decimal) -> Decimal:
        if -cast("int", value.as_tuple().exponent) > _FINEST_THRESHOLD:
            msg = f"at most {_FINEST_THRESHOLD} decimal places"
            raise ValueError(msg)
        return value

    @field_validator("kinds")
    @classmethod
    def _only_what_is_unusual(cls, value: dict[CountableKind, Counting]) -> dict[CountableKind, Counting]:
        return {
            kind: counting for kind, counting in sorted(value.items()) if USUAL_COUNTING[kind] != counting
        }

    @model_validator(mode="after")
    def _bound_of_the_measure(self) -> Self:
        hours = self.hours_in_year is not None or self.hours_in_month is not None
        for measure, given, key in (
            ("days", self.days is not None, "days"),
            ("hours", hours, "hours_in_year or hours_in_month"),
        ):
            if self.measure == measure and not given:
                msg = f"measure: {measure} needs {key}"
                raise ValueError(msg)
            if given and self.measure != measure:
                msg = f"{key} is for measure: {measure}"
                raise ValueError(msg)
        return self

    @property
    def exact_threshold(self) -> Fraction:
        """The threshold as a ratio of whole numbers, so that exactly 10% stays exactly 10%."""
        return Fraction(self.threshold)

    @property
    def needs_minutes(self) -> bool:
        """Whether it can be computed only where the calendar states minutes of instruction."""
        return self.measure in ("minutes", "hours")

    def counting(self, kind: str) -> str:
        """Return what a kind of exception counts as: absence, attendance or neither."""
        return self.kinds.get(cast("CountableKind", kind), USUAL_COUNTING[kind])


class NamedDefinition(Rules):
    """A definition that stands beside the district's own, at one grain or at both."""

    name: str = Field(min_length=1, max_length=40)
    grain: Literal["district", "school", "both"] = "both"

    @property
    def grains(self) -> tuple[Grain, ...]:
        """The grains at which it is counted."""
        return ("district", "school") if self.grain == "both" else (self.grain,)


_ATTENDED_SOME_DAY = {"min_enrolled_days": 31, "min_attended_days": 1}

_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "edfacts": {},
    "california": {"partial_day": "whole", "prekindergarten": "out", **_ATTENDED_SOME_DAY},
    "new_jersey": {"min_enrolled_days": 45},
    "wisconsin": {"inclusive": False, "min_enrolled_days": 90, "partial_day": "thirds"},
    "ohio_hours": {"measure": "minutes", "partial_day": "fraction"},
    "ohio_excessive": {
        "measure": "hours",
        "hours_in_year": 65,
        "hours_in_month": 38,
        "partial_day": "fraction",
    },
    "days_15": {"measure": "days", "days": 15},
    "days_18": {"measure": "days", "days": 18},
}

PRESETS: Mapping[str, NamedDefinition] = {
    name: NamedDefinition.model_validate({"name": name, **rules}) for name, rules in _PRESETS.items()
}
"""Definitions by name: what an agency counts. A custom one may start from them (``like: california``)."""


def _as_mapping(value: Any) -> Any:
    """Turn the name of a preset, or a custom definition that is like one, into its rules."""
    if isinstance(value, str):
        return _preset(value)
    if not isinstance(value, Mapping):
        return value
    given = dict(value)
    like = given.pop("like", None)
    if like is not None:
        given = {**_preset(str(like)).model_dump(exclude={"name"}), **given}
    _check_custom_name(given.get("name"))
    return given


def _check_custom_name(name: Any) -> None:
    if name in PRESETS:
        msg = f"'{name}' is a definition of its own: give yours another name"
        raise ValueError(msg)


def _preset(name: str) -> NamedDefinition:
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        msg = f"no such definition{hint}; known are {', '.join(PRESETS)}"
        raise ValueError(msg)
    return PRESETS[name]


_Beside = Annotated[NamedDefinition, BeforeValidator(_as_mapping)]

_MODEL_MEASURES = ("share", "days")
_ONLY_BESIDE: Mapping[str, Any] = {"min_attended_days": 0, "leavers": "in", "prekindergarten": "in"}
_CONTRACT = ("threshold", "inclusive", "min_enrolled_days", "grain", "partial_day")


class Definition(Rules):
    """The district's own definition of chronic absence, and the named ones beside it.

    The name and what stands beside it change nothing that a model learns, so they are left out when the
    definition is written down with a model; so are keys that say what they say by default.
    """

    name: str = Field(default="district", min_length=1, max_length=40, exclude=True)
    grain: Grain = "district"
    beside: tuple[_Beside, ...] = Field(default=(), exclude=True)

    @model_validator(mode="after")
    def _can_be_learnt(self) -> Self:
        if self.measure not in _MODEL_MEASURES:
            msg = f"the model counts days: measure: {self.measure} can only stand in definition.beside"
            raise ValueError(msg)
        for key, usual in _ONLY_BESIDE.items():
            if getattr(self, key) != usual:
                msg = f"{key} can only stand in definition.beside: the model learns from every student"
                raise ValueError(msg)
        neither = {kind for kind in USUAL_COUNTING if self.counting(kind) == "neither"}
        if neither != {"exempt"}:
            msg = "for the model exempt days, and no others, are in neither: another rule can stand in beside"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        _check_custom_name(self.name)
        names = [self.name, *(each.name for each in self.beside)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"two definitions are named '{twice[0]}': names are unique"
            raise ValueError(msg)
        return self

    @model_serializer(mode="wrap")
    def _only_what_is_said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        usual = {name: field.get_default(call_default_factory=True) for name, field in _fields().items()}
        return {key: value for key, value in written.items() if key in _CONTRACT or value != usual[key]}

    @property
    def named(self) -> NamedDefinition:
        """The district's own definition as one among the named, at both grains."""
        rules = {key: getattr(self, key) for key in Rules.model_fields}
        return NamedDefinition.model_validate(rules)


def _fields() -> Mapping[str, Any]:
    return Definition.model_fields
