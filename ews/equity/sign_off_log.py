"""The log of sign-offs: lines that are only added, each with the digest of the line before it.

A line that was edited, removed or put in between is noticed by the line after it, and the last line by the
version of the model that carries the same decision. The chain is no signature: whoever rewrites the whole
log, and the registry with it, is not noticed. Lines of versions of ews that wrote no chain stand before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ews.digests import digest_of
from ews.equity.sign_off import SignOff
from ews.errors import GateClosed
from ews.store.purge_log import append_line

SIGN_OFF_LOG = "sign_offs.jsonl"


@dataclass(frozen=True)
class Line:
    """One line of the log.

    Attributes
    ----------
    number : int
        Counted from 1, as an editor shows it.
    record : dict
        What it holds: a decision with its digest, ``previous`` and ``recorded_by``.
    digest : str
        SHA-256 of its text.
    linked : bool
        Whether it follows from the line before it.
    """

    number: int
    record: dict[str, Any]
    digest: str
    linked: bool


def read_log(workspace: Path) -> list[Line]:
    """Return the lines of a workspace's log, the oldest first; what is no object holds no decision.

    Raises
    ------
    GateClosed
        If the file is there and cannot be read.
    """
    lines: list[Line] = []
    for number, text in enumerate(_texts(workspace), start=1):
        record = _object(text)
        if record is not None:
            lines.append(Line(number, record, digest_of(text), _follows(record, lines)))
    return lines


def add_to_log(workspace: Path, signed: SignOff, *, by: str) -> str:
    """Add a decision to the log and return the text of its line, for the version to carry too.

    Parameters
    ----------
    by : str
        The account that recorded it.

    Raises
    ------
    GateClosed
        If the log cannot be written; then nothing is recorded.
    """
    before = read_log(workspace)
    line = {
        **signed.record(),
        "previous": before[-1].digest if before else "",
        "recorded_by": by,
    }
    try:
        append_line(workspace / SIGN_OFF_LOG, line)
    except OSError:
        raise _unusable("the log of sign-offs cannot be written") from None
    return json.dumps(line, sort_keys=True, ensure_ascii=False)


def confirm(lines: list[Line], record: dict[str, Any]) -> None:
    """See that the log holds a record as it was written, in its place.

    Raises
    ------
    GateClosed
        If it is not there, was edited there, or lines beside it were edited, removed or put in.
    """
    at = [place for place, line in enumerate(lines) if line.record.get("digest") == record.get("digest")]
    if not at:
        raise _broken("the sign-off on the version is not in the workspace's log")
    same = [place for place in at if lines[place].record == record]
    if not same:
        raise _broken("the sign-off in the workspace's log was changed after it was written")
    if not any(all(line.linked for line in lines[place : place + 2]) for place in same):
        raise _broken("the workspace's log was changed beside the sign-off on the version")


def log_problems(workspace: Path) -> list[str]:
    """Return a sentence for every line that is not as it was written, or not where it was written."""
    problems = []
    for line in read_log(workspace):
        try:
            SignOff.from_record(line.record)
        except GateClosed as error:
            problems.append(f"{SIGN_OFF_LOG}, line {line.number}: {error.found}")
        if not line.linked:
            problems.append(
                f"{SIGN_OFF_LOG}, line {line.number}: does not follow from the line before it, which was "
                "changed or removed"
            )
    return problems


def _texts(workspace: Path) -> list[bytes]:
    path = workspace / SIGN_OFF_LOG
    try:
        return path.read_bytes().split(b"\n") if path.exists() else []
    except OSError:
        raise _unusable("the log of sign-offs cannot be read") from None


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None  # cut short by a crash
    return record if isinstance(record, dict) else None


def _follows(record: dict[str, Any], before: list[Line]) -> bool:
    if "previous" in record:
        return bool(record["previous"] == (before[-1].digest if before else ""))
    return not any("previous" in line.record for line in before)


def _broken(found: str) -> GateClosed:
    return GateClosed(
        found,
        expected=f"the same decision in {SIGN_OFF_LOG} and on the version",
        where=SIGN_OFF_LOG,
        next_step="restore the log from a backup, or have an equity officer record the decision again",
    )


def _unusable(found: str) -> GateClosed:
    return GateClosed(
        found,
        expected="a file that this account can read and add to",
        where=SIGN_OFF_LOG,
        next_step="mend the file or its permissions, and run the command again",
    )
