"""An equity officer's written decision about a model that did not simply pass.

It records, it does not authenticate: whoever can run the command can type any name. What the record
does guarantee is that it is complete, about one model and one audit, limited in time, and unedited.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from ews.errors import GateClosed, UsageError

Kind = Literal["insufficient_evidence", "override"]

LONGEST = dt.timedelta(days=180)
"""No decision lasts longer (DOMAIN: fairness)."""

_LONGEST_NAME, _LONGEST_TEXT = 200, 1_000
"""Characters: a decision stands on every list, and has to be read there."""


@dataclass(frozen=True)
class SignOff:
    """One decision. Build it with :func:`sign_off`, or :meth:`from_record` for one already recorded.

    Parameters
    ----------
    kind : str
        ``insufficient_evidence`` or ``override`` (of a fail).
    subject : str
        The version or the run it is about, as people name it.
    approver, role, reason, conditions : str
        Who decided, as what, why, and on what conditions (may be empty).
    expires : date
        The last day on which it is in force.
    open_verdicts : tuple of dict
        Everything that was not a pass, with its figures, copied when it was signed.
    model_digest, audit_digest : str
        The bytes it is about.
    trained_by : str
        Who trained the model.
    recorded_at : datetime
        When it was recorded.
    """

    kind: Kind
    subject: str
    approver: str
    role: str
    reason: str
    conditions: str
    expires: dt.date
    open_verdicts: tuple[Mapping[str, Any], ...]
    model_digest: str
    audit_digest: str
    trained_by: str
    recorded_at: dt.datetime

    def is_in_force(self, today: dt.date) -> bool:
        """Say whether the decision still holds; on the day it expires it does."""
        return today <= self.expires

    @property
    def digest(self) -> str:
        """SHA-256 of the content, so that an edited record is noticed."""
        text = json.dumps(self._content(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def record(self) -> dict[str, Any]:
        """Return the decision with its digest, ready for JSON."""
        return {**self._content(), "digest": self.digest}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> SignOff:
        """Read a recorded decision.

        Raises
        ------
        GateClosed
            If the record is incomplete, was changed after it was written, or is none that could have been
            written: longer than allowed, or by the person who trained the model.
        """
        try:
            content = {key: record[key] for key in cls.__dataclass_fields__}
            content["expires"] = dt.date.fromisoformat(content["expires"])
            content["recorded_at"] = dt.datetime.fromisoformat(content["recorded_at"])
            content["open_verdicts"] = tuple(content["open_verdicts"])
            decision = cls(**content)
            digest = decision.digest
        except (KeyError, TypeError, ValueError):
            raise _edited("it is incomplete") from None
        if record.get("digest") != digest or decision.kind not in get_args(Kind):
            raise _edited("it was changed after it was written")
        # A day more: the record's time is in UTC, the expiry in the district's days.
        if decision.expires - decision.recorded_at.date() > LONGEST + dt.timedelta(days=1):
            raise _edited("it lasts longer than a decision may")
        if name_key(decision.approver) == name_key(decision.trained_by):
            raise _edited("its approver is the person who trained the model")
        return decision

    def _content(self) -> dict[str, Any]:
        content = asdict(self)
        content["expires"] = self.expires.isoformat()
        content["recorded_at"] = self.recorded_at.isoformat()
        content["open_verdicts"] = [dict(each) for each in self.open_verdicts]
        return content


def sign_off(
    *,
    kind: str,
    verdict: str,
    subject: str,
    approver: str,
    role: str,
    reason: str,
    conditions: str = "",
    expires: dt.date,
    open_verdicts: Sequence[Mapping[str, Any]],
    model_digest: str,
    audit_digest: str,
    trained_by: str,
    recorded_at: dt.datetime,
    today: dt.date,
    trainers: Sequence[str] = (),
) -> SignOff:
    """Return a decision after checking that it may be recorded.

    Parameters
    ----------
    kind, verdict : str
        ``insufficient_evidence`` for that verdict of the gate, ``override`` for ``fail``.
    today : date
        Today in the district's time zone; the decision must expire after it, within 180 days.
    trainers : sequence of str
        Other names of whoever trained the model, such as the account.
    subject, approver, role, reason, conditions, expires, open_verdicts, model_digest, audit_digest,
    trained_by, recorded_at
        As for :class:`SignOff`.

    Raises
    ------
    UsageError
        If the kind does not fit the verdict, a text is empty, too long or cannot be shown, the approver
        trained the model, or the expiry is not in the future or too far in it.
    """
    _check_kind(kind, verdict)
    texts = _checked_texts(approver=approver, role=role, reason=reason, conditions=conditions)
    if name_key(texts["approver"]) in {name_key(each) for each in (trained_by, *trainers)}:
        raise _refused("the approver is the person who trained the model", "somebody else")
    if expires <= today:
        raise _refused(f"--expires {expires} is not in the future", f"a date after {today}")
    if expires > today + LONGEST:
        raise _refused(f"--expires {expires} is too far away", f"a date up to {today + LONGEST} (180 days)")
    return SignOff(
        kind="override" if kind == "override" else "insufficient_evidence",
        subject=subject,
        **texts,
        expires=expires,
        open_verdicts=tuple(open_verdicts),
        model_digest=model_digest,
        audit_digest=audit_digest,
        trained_by=trained_by.strip(),
        recorded_at=recorded_at,
    )


def _check_kind(kind: str, verdict: str) -> None:
    if kind not in get_args(Kind):
        raise _refused(f"--kind {kind} is not known", " or ".join(get_args(Kind)))
    if verdict == "pass":
        raise _refused("the gate's verdict is pass, so there is nothing to sign off", "an open verdict")
    needed = "override" if verdict == "fail" else "insufficient_evidence"
    if kind != needed:
        raise _refused(f"--kind {kind} does not fit the verdict {verdict}", f"--kind {needed}")


def name_key(name: str) -> str:
    """Return a name as it is compared: case, spacing, width and invisible characters are not identity.

    Examples
    --------
    >>> name_key(" SAM  Poe ") == name_key("sam poe")
    True
    """
    shown = (each for each in unicodedata.normalize("NFKC", name) if unicodedata.category(each) != "Cf")
    return " ".join("".join(shown).split()).casefold()


def _checked_texts(**texts: str) -> dict[str, str]:
    """Return what was typed on single lines, or refuse what cannot be read on a list."""
    checked = {}
    for name, text in texts.items():
        if name != "conditions" and not name_key(text):
            raise _refused(f"--{name} is empty", f"a {name} in words")
        line = " ".join(text.split())
        longest = _LONGEST_NAME if name in ("approver", "role") else _LONGEST_TEXT
        if len(line) > longest:
            raise _refused(f"--{name} has {len(line):,} characters", f"at most {longest:,}")
        if any(unicodedata.category(each) in ("Cc", "Cs") for each in line):
            raise _refused(f"--{name} holds characters that cannot be shown", f"a {name} in words")
        checked[name] = line
    return checked


def _refused(found: str, expected: str) -> UsageError:
    return UsageError(found, expected=expected, where="ews sign-off", next_step="correct it and run it again")


def _edited(how: str) -> GateClosed:
    return GateClosed(
        f"a sign-off record cannot be relied on: {how}",
        expected="the record as `ews sign-off` wrote it",
        where="the sign-off record",
        next_step="have an equity officer record the decision again",
    )
