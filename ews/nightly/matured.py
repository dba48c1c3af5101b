"""Once a school year's outcomes are known: the audit of its published lists, by the first night after it.

Nobody has to remember `ews audit --as-served`: a night makes it once for each year. It tells whether the
verdict still holds and how well the risks fitted; what does not hold stays on ``ews status`` too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ews.config import Config
from ews.engine import Session
from ews.errors import EwsError
from ews.label import complete_years
from ews.nightly.as_served import audit_nights
from ews.nightly.night_log import LOOKED_BACK, runs
from ews.nightly.served_nights import nights_by_year
from ews.nightly.served_verdicts import school_year_words
from ews.nightly.verify import AS_SERVED
from ews.progress import Progress
from ews.snapshot import calendar_frame
from ews.training.report_folder import FAIRNESS


@dataclass(frozen=True)
class LookedBack:
    """A school year whose lists were audited tonight.

    Attributes
    ----------
    holds : bool or None
        Whether no version that made the lists did worse than at its registration; None if nobody can say.
    sentence : str
        For people.
    """

    school_year: int
    holds: bool | None
    sentence: str

    def record(self) -> dict[str, Any]:
        """Return what the log of nights keeps."""
        return {"school_year": self.school_year, "holds": self.holds, "sentence": self.sentence}


def look_back(config: Config, session: Session, progress: Progress) -> LookedBack | None:
    """Audit the newest complete year's published lists, unless that was done or tried before.

    Returns
    -------
    LookedBack or None
        None where no year waits for it. A year that cannot be audited is said to be so, once.
    """
    year = _waiting(config, session)
    if year is None:
        return None
    words = school_year_words(year)
    try:
        found = audit_nights(config, session, year=year, progress=progress)
    except EwsError as error:
        again = f"`ews audit --as-served --year {year}` says what is missing"
        return LookedBack(year, None, f"The lists of {words} could not be audited: {error.found}; {again}.")
    sentences = [found.sentence, found.fit or "", f"See reports/{found.reports.name}/fairness.html."]
    return LookedBack(year, found.holds, " ".join(each for each in sentences if each))


def _waiting(config: Config, session: Session) -> int | None:
    complete = complete_years(session)
    published = nights_by_year(config.workspace_dir, calendar_frame(session))
    ready = [year for year in published if year in complete]
    if not ready:
        return None
    newest = max(ready)
    if (config.workspace_dir / "reports" / f"{AS_SERVED}{newest}" / FAIRNESS).is_file():
        return None
    tried = {run[LOOKED_BACK]["school_year"] for run in runs(config.workspace_dir) if run.get(LOOKED_BACK)}
    return None if newest in tried else newest
