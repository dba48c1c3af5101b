"""The proposal of every table, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ews.engine import Session
from ews.extracts.schema import DIRECTORY, TABLES
from ews.progress import Progress
from ews.survey.attendance_rows import add_reporting
from ews.survey.code_entries import add_codes
from ews.survey.counting import Counts
from ews.survey.dates import common_forms, date_format, hint_from_others, readings
from ews.survey.derived import Derived
from ews.survey.identities import has_lost_zeros, unknown_share
from ews.survey.known_layouts import KnownLayouts
from ews.survey.matching import Match
from ews.survey.placing import Placing
from ews.survey.proposal import Entry, TableProposal
from ews.survey.school_years import add_school_years
from ews.survey.table_entries import base_entries, known_entries, missing_entries

MAY_BE_ABSENT = ("nurse_visits", "meal_programs", "directory")
_MANY_UNKNOWN = 0.1
_ALL = (*TABLES, DIRECTORY)


@dataclass(frozen=True)
class Tables:
    """What is known of all tables, and the making of their proposals.

    ``folder`` was looked at; ``beside`` is where the configuration will stand.
    """

    session: Session
    placing: Placing
    counts: Counts
    known: KnownLayouts
    derived: Derived
    writing: Mapping[str, Mapping[str, Entry]]
    folder: Path
    beside: Path

    def propose(self, progress: Progress) -> dict[str, TableProposal]:
        """Return the proposals by table; those that may be absent only where there is something to say."""
        proposed: dict[str, TableProposal] = {}
        for number, table in enumerate(_ALL):
            progress("Counting codes", 0.5 + number / 2 / len(_ALL))
            proposal = self._propose(table.name)
            if proposal is not None:
                proposed[table.name] = proposal
        hint_from_others(proposed.values())
        return proposed

    def _propose(self, name: str) -> TableProposal | None:
        match = self.placing.matches.get(name)
        if name in self.known.tables:
            return self._from_profile(name, match)
        if match is not None:
            return self._from_match(match)
        if name in MAY_BE_ABSENT and name not in self.placing.rivals:
            return None
        return missing_entries(name, self.placing.rivals.get(name, []))

    def _from_profile(self, name: str, match: Match | None) -> TableProposal:
        known = self.known.tables[name]
        proposal = known_entries(known, self.writing[name], self.folder, self.beside)
        if match is not None:
            self._add_codes(proposal, match)
            self._add_ids_to_mend(proposal, match)
        if name in self.derived.problems:
            proposal.to_mend.append(f"{name}: {self.derived.problems[name]}")
        return proposal

    def _add_codes(self, proposal: TableProposal, match: Match) -> None:
        mapped = self.derived.mapped.get(proposal.table, {})
        add_codes(self.session, proposal, match, self.counts, self._student_ids(), mapped)

    def _from_match(self, match: Match) -> TableProposal:
        proposal = base_entries(match, self.folder, self.beside)
        if match.table is DIRECTORY:
            return proposal
        found = readings(match, self.counts)
        written, forms = date_format(found), common_forms(found)
        if written is not None:
            proposal.settings["date_format"] = written
        if match.table.name == "attendance":
            form = forms[0] if forms else ""
            add_reporting(self.session, proposal, match, form, self._roster(), self.counts)
        self._add_codes(proposal, match)
        add_school_years(self.session, proposal, match, forms)
        self._add_ids_to_mend(proposal, match)
        return proposal

    def _student_ids(self) -> list[str]:
        chosen = [(each.export, each.column("student_id")) for each in self.placing.matches.values()]
        return [self.counts.of(export, column) for export, column in chosen if column is not None]

    def _roster(self) -> int:
        students = self.placing.matches.get("students")
        column = students.column("student_id") if students else None
        return self.counts.different(students.export, column) if students and column else 0

    def _add_ids_to_mend(self, proposal: TableProposal, match: Match) -> None:
        for canonical, home in (("student_id", "students"), ("school_id", "schools")):
            if has_lost_zeros(match, canonical, self.placing, self.counts):
                proposal.to_mend.append(
                    f"{proposal.table}.{canonical}: the ids agree with those of the {home} file only without "
                    "leading zeros: one of the two lost them (a spreadsheet does that); export them as text"
                )
                continue
            share = unknown_share(match, canonical, self.placing, self.counts)
            if share > _MANY_UNKNOWN:
                proposal.to_mend.append(
                    f"{proposal.table}.{canonical}: {share:.0%} of the ids are not in the {home} file: "
                    "another kind of id, or they are missing there"
                )
