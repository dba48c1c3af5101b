"""What an audit was asked, held against what the configuration asks now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ews.config import Audit


@dataclass(frozen=True)
class TermsChanged:
    """How the configuration's audit differs from a kept one, each difference in words.

    Attributes
    ----------
    stricter : tuple of str
        What the configuration asks now beyond what was audited.
    looser : tuple of str
        What was audited and the configuration asks no more.
    """

    stricter: tuple[str, ...] = ()
    looser: tuple[str, ...] = ()


def terms_changed(settings: Audit, fairness: Mapping[str, Any]) -> TermsChanged:
    """Compare the configuration's audit with the terms of a kept ``fairness.json``.

    Compared are the attributes, the tolerances and ``min_group``; a group smaller than that gets no
    verdict, so a larger one is looser. Where no audit could be made there is nothing to compare with.

    Parameters
    ----------
    fairness : mapping
        ``fairness.json`` as it was registered.
    """
    audited = [str(each["attribute"]) for each in fairness["attributes"]]
    if not audited:
        return TermsChanged()
    stricter = [
        f"audit.sensitive names {name}, which was not audited"
        for name in settings.sensitive
        if name not in audited
    ]
    looser = [
        f"audit.sensitive leaves out {name}, which was audited"
        for name in audited
        if name not in settings.sensitive
    ]
    now = {f"tolerance.{name}": limit for name, limit in settings.tolerance.model_dump().items()}
    then = {f"tolerance.{name}": limit for name, limit in fairness["tolerance"].items()}
    now, then = now | {"min_group": settings.min_group}, then | {"min_group": fairness["min_group"]}
    for name, limit in now.items():
        if limit != then[name]:
            (stricter if limit < then[name] else looser).append(
                f"audit.{name} is {limit}, and was {then[name]} in the audit"
            )
    return TermsChanged(tuple(stricter), tuple(looser))
