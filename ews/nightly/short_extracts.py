"""Full extracts that arrived far shorter than the night before: nothing is lost by them, and nothing is new.

A file that was cut between two rows, that holds last year only, or that has a header and no rows is whole in
every other respect, and takes nothing out of the store. Somebody has to be told, or lists grow old unseen.
"""

from __future__ import annotations

from ews.store.ingest import IngestReport

MOST_MISSING = 0.05
"""The share of rows above which a load that withdraws them is refused, too."""

_FEWER = "fewer rows than before"


def short_extracts(loaded: IngestReport) -> list[str]:
    """Return a sentence for every full extract that is shorter than the one before by more than 5%."""
    rows = {each.table: each.rows_read for each in loaded.tables}
    return [
        f"{each.table.replace('_', ' ').capitalize()}: {each.sentence}. Was the file cut short?"
        for each in loaded.findings
        if each.name == _FEWER and each.count > MOST_MISSING * (each.count + rows.get(each.table, 0))
    ]
