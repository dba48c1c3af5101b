"""What a purge found or did, as plain data and in words; neither names a student."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ews.purge.nights import Night
from ews.purge.remains import Learnt


@dataclass(frozen=True)
class Found:
    """What a workspace holds of a subject.

    Attributes
    ----------
    store : dict
        Table -> rows.
    school_years, years_cut : list of int
        The school years that the rows lie in; those that a day divides in two.
    backups : list of str
        Copies of older stores that hold it, or cannot be read.
    left_overs : int
        Files and folders that killed runs have left: they may hold anything.
    purged_at : str
        When it was purged before; "" if never.
    in_store : bool
        Whether the store has its tombstone already.
    """

    store: dict[str, int] = field(default_factory=dict)
    school_years: list[int] = field(default_factory=list)
    years_cut: list[int] = field(default_factory=list)
    nights: list[Night] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)
    left_overs: int = 0
    purged_at: str = ""
    in_store: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the subject is there."""
        return not (self.store or self.nights or self.backups)

    def counts(self) -> dict[str, Any]:
        """Return what is there as counts, for the log."""
        return {
            "store": self.store,
            "nights": [night.as_dict() for night in self.nights],
            "backups": self.backups,
            "left_overs": self.left_overs,
        }


@dataclass(frozen=True)
class PurgeReport:
    """What would be removed or was removed, and what cannot be.

    Attributes
    ----------
    purge : str
        The name of the purge that was carried out; "" in a dry run.
    counts : dict
        See :meth:`Found.counts`.
    learnt : list of Learnt or None
        None where the registry could not be opened.
    stays : list of str
        Sentences on everything else that is not removed.
    """

    kind: str
    purge: str
    counts: dict[str, Any]
    purged_before: str
    learnt: list[Learnt] | None
    stays: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        models = None if self.learnt is None else [vars(each) for each in self.learnt]
        return {
            "kind": self.kind,
            "carried_out": bool(self.purge),
            "purge": self.purge or None,
            "purged_before": self.purged_before or None,
            "removed" if self.purge else "would_remove": self.counts,
            "models_that_learnt_from_it": models,
            "cannot_remove": self.cannot_remove(),
        }

    def cannot_remove(self) -> list[str]:
        """Return sentences on what stays."""
        if self.learnt is None:
            return ["the registry could not be opened: which models learnt from it is not known", *self.stays]
        return [*(each.sentence() for each in self.learnt), *self.stays]

    def in_words(self) -> list[str]:
        """Return the report as lines for people."""
        removed = _removed(self.counts)
        if not removed:
            heading = f"Nothing is left to remove: it was purged on {self.purged_before[:10]}."
        elif self.purge:
            heading = f"Purge {self.purge} is done. It removed:"
        else:
            heading = "This is a dry run: nothing was changed. With --yes it would remove:"
        if not removed and not self.purged_before:
            heading = "Nothing is there to remove."
        stays = [f"  - {each}" for each in self.cannot_remove()]
        lines = [
            heading,
            *(f"  - {each}" for each in removed),
            "What stays, and what to do about it:",
            *stays,
        ]
        return [*lines, "Next: the same command with --yes"] if removed and not self.purge else lines


def _removed(counts: dict[str, Any]) -> list[str]:
    lines = [f"{_rows(rows)} of {table} in the store" for table, rows in counts["store"].items()]
    lines += [_night(each) for each in counts["nights"]]
    lines += [f"{name}, a copy of an older store, whole" for name in counts["backups"]]
    if counts["left_overs"]:
        lines.append(f"{counts['left_overs']} files or folders that killed runs have left, whole")
    return lines


def _night(night: dict[str, Any]) -> str:
    what = ", ".join(
        f"{name} (cannot be read)" if rows is None else f"{_rows(rows)} of {name}"
        for name, rows in night["rows"].items()
        if rows != 0
    )
    name = f"published/{night['night']}"
    if night["removed_whole"]:
        return f"{name}, whole{f': {what}' if what else ''}"
    schools = night["schools"]
    lists = f"the list of {schools} school{'' if schools == 1 else 's'}, in three forms" if schools else ""
    listed = "; ".join(each for each in (what, lists) if each)
    if night["as_published"]:
        return f"{name}: {listed}"
    return (
        f"{name}: {listed}; the night is not as it was published, so these lists are removed whole, and "
        "`ews verify` goes on reporting it until `ews score --as-of` publishes it again"
    )


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
