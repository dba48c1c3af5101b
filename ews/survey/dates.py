"""How a source's dates are written: decided where its values allow one reading only."""

from __future__ import annotations

from collections.abc import Iterable

from ews.survey.counting import Counts
from ews.survey.date_formats import ISO
from ews.survey.matching import Match
from ews.survey.proposal import Entry, TableProposal, undecided

_MONTH_FIRST, _DAY_FIRST = "%m", "%d"


def readings(match: Match, counts: Counts) -> dict[str, tuple[str, ...]]:
    """Return, by date column of a match, the forms that read all its values."""
    found = {}
    for column in match.table.columns:
        facts = match.column(column.name)
        if column.type == "date" and facts is not None and facts.filled:
            found[column.name] = counts.date_formats(match.export, facts)
    return found


def common_forms(found: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the forms that read every date column; one day above 12 in any of them decides for all.

    Examples
    --------
    >>> common_forms({"entry_date": ("%m/%d/%Y", "%d/%m/%Y"), "exit_date": ("%m/%d/%Y",)})
    ('%m/%d/%Y',)
    """
    columns = list(found.values())
    if not columns:
        return ()
    return tuple(form for form in columns[0] if all(form in forms for forms in columns))


def date_format(found: dict[str, tuple[str, ...]]) -> Entry | None:
    """Return what to write for ``date_format``; nothing for ISO dates or where there are no dates."""
    if not found:
        return None
    forms = common_forms(found)
    if len(forms) == 1:
        return None if forms == (ISO,) else Entry(forms[0], "the only form that reads every value")
    if forms:
        return undecided(f"{_spelled(forms)}? No value decides it")
    if all(found.values()):
        each = "; ".join(f"{column} {_spelled(forms)}" for column, forms in found.items())
        return undecided(f"the columns are written differently, and a source has one form: {each}")
    mixed = ", ".join(column for column, forms in found.items() if not forms)
    return undecided(f"no single form reads every value of {mixed}")


def hint_from_others(tables: Iterable[TableProposal]) -> None:
    """Beside an open order of day and month, say how the other files of the folder are written."""
    tables = list(tables)
    decided = {
        table.settings["date_format"].value
        for table in tables
        if "date_format" in table.settings and not table.settings["date_format"].is_undecided
    }
    if len(decided) != 1:
        return
    for table in tables:
        entry = table.settings.get("date_format")
        if entry is not None and entry.is_undecided and "?" in entry.remark:
            table.settings["date_format"] = undecided(
                f'{entry.remark}; the other files are "{next(iter(decided))}"'
            )


def _spelled(forms: tuple[str, ...]) -> str:
    return " or ".join(f'"{form}"{_order(form)}' for form in forms)


def _order(form: str) -> str:
    if form.startswith(_MONTH_FIRST):
        return " (month first)"
    return " (day first)" if form.startswith(_DAY_FIRST) else ""
