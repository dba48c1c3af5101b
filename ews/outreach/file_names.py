"""One safe file name per school, and per counselor within a school."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,80}")
# Not names of a list: the overview of all schools, and the devices that Windows sees in these words.
_RESERVED = {"index", "con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}


def file_stems(school_ids: Iterable[str]) -> dict[str, str]:
    """Return school_id -> file name without suffix; a safe id stays itself.

    Letters, digits, ``-`` and ``_`` are safe. Any other id becomes its slug and ten hex digits of its
    SHA-256, and so do ids that a file system without upper and lower case would take for one another.

    Examples
    --------
    >>> file_stems(["0123", "../../x"])
    {'../../x': 'x-9cdf6a5010', '0123': '0123'}
    """
    ids = sorted(set(school_ids))
    folded = Counter(each.casefold() for each in ids)
    return {each: each if _is_safe(each, folded) else _slug(each) for each in ids}


def counselor_stem(school_stem: str, counselor: str) -> str:
    """Return where a counselor's list stands among the files of a school: in a folder of the school's name.

    Examples
    --------
    >>> counselor_stem("0123", "../M. Cruz")
    '0123/M-Cruz-78182bc4eb'
    """
    return f"{school_stem}/{_slug(counselor, 'counselor')}"


def stem_there(names: Iterable[str], school_id: str) -> str | None:
    """Return the stem under which a school's files were written; None where they are not there.

    Parameters
    ----------
    names : iterable of str
        The names of the files of a night's lists.
    """
    there = set(names)
    return next((stem for stem in (_slug(school_id), school_id) if f"{stem}.html" in there), None)


def _is_safe(school_id: str, folded: Counter[str]) -> bool:
    name = school_id.casefold()
    return _SAFE.fullmatch(school_id) is not None and name not in _RESERVED and folded[name] == 1


def _slug(name: str, otherwise: str = "school") -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_only).strip("-")[:40]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug or otherwise}-{digest}"
