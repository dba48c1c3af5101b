"""SHA-256 digests, and JSON whose bytes depend on nothing but its content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical_json(value: Any) -> bytes:
    """Return JSON with sorted keys, readable and with the same bytes for the same content.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no way to write it.
    """
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n").encode()
