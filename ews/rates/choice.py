"""Which definitions stand side by side, and which of them the data do not allow."""

from __future__ import annotations

from collections.abc import Sequence

from ews.definitions import PRESETS, Definition, Grain, NamedDefinition
from ews.errors import DataRefused, UsageError
from ews.rates.minutes import without_minutes
from ews.rates.school_year import YearInView

GRAINS: tuple[Grain, ...] = ("district", "school")
_SCHOOLS_NAMED = 5


def at_grains(definitions: Sequence[NamedDefinition], grains: Sequence[Grain]) -> list[NamedDefinition]:
    """Return the definitions that are counted at one of the grains.

    Raises
    ------
    UsageError
        If there is none.
    """
    found = [each for each in definitions if set(grains) & set(each.grains)]
    if not found:
        raise UsageError(
            "none of these definitions is counted at that grain",
            expected="a definition whose grain is the one asked for, or both",
            where="--grain",
            next_step="leave out --grain, or change the grain in definition.beside",
        )
    return found


def chosen(definition: Definition, names: Sequence[str] = ()) -> list[NamedDefinition]:
    """Return the definitions asked for by name; by default the district's own and those beside it.

    Raises
    ------
    UsageError
        If a name is neither configured nor that of a preset.
    """
    configured = {each.name: each for each in (definition.named, *definition.beside)}
    known = {**PRESETS, **configured}
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no definition '{name}'",
                expected=f"one of {', '.join(dict.fromkeys([*configured, *PRESETS]))}",
                where="--definition",
                next_step="name one of them, or describe it in definition.beside",
            )
    return [known[name] for name in dict.fromkeys(names)] if names else list(configured.values())


def not_computed(definitions: Sequence[NamedDefinition], year: YearInView) -> dict[str, str]:
    """Return the definitions that need minutes where the calendar has none, and why, in words.

    Raises
    ------
    DataRefused
        If none of the definitions is left.
    """
    hourly = [each.name for each in definitions if each.needs_minutes]
    missing = without_minutes(year.school_days) if hourly else {}
    if not missing:
        return {}
    named = ", ".join(list(missing)[:_SCHOOLS_NAMED]) + (", …" if len(missing) > _SCHOOLS_NAMED else "")
    reason = (
        f"cannot be computed: no minutes in the calendar for {sum(missing.values()):,} days of "
        f"instruction at {len(missing)} school{'s' if len(missing) > 1 else ''} ({named})"
    )
    if len(hourly) == len(definitions):
        raise DataRefused(
            f"{hourly[0]} {reason}",
            expected="minutes of instruction on every instructional day",
            where="the calendar",
            next_step="deliver calendar.minutes, or ask for a definition that counts days",
        )
    return dict.fromkeys(hourly, reason)
