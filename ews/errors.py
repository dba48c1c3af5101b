"""User-facing errors: one family, each with the exit code a nightly job can act on.

An :class:`EwsError` is a mistake or a state that a user can mend: it is shown as a message, never as
a traceback. Anything else that escapes is a defect of ours and ends with exit code 1.
"""

from __future__ import annotations

from typing import ClassVar


class EwsError(Exception):
    """A refusal with its repair.

    Parameters
    ----------
    found : str
        What was found, without any student's id or value.
    expected : str, optional
        What was expected instead.
    where : str, optional
        File and line, configuration key, or folder.
    next_step : str, optional
        What to do next, in the imperative.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, found: str, *, expected: str = "", where: str = "", next_step: str = "") -> None:
        self.found = found
        self.expected = expected
        self.where = where
        self.next_step = next_step
        super().__init__(found)

    def lines(self) -> list[tuple[str, str]]:
        """Return the message as (label, text) pairs, empty parts left out."""
        parts = [
            ("found", self.found),
            ("expected", self.expected),
            ("where", self.where),
            ("next", self.next_step),
        ]
        return [(label, text) for label, text in parts if text]

    def __str__(self) -> str:
        return "\n".join(f"{label}: {text}" for label, text in self.lines())


class UsageError(EwsError):
    """Wrong usage or configuration."""

    exit_code = 2


class DataRefused(EwsError):  # noqa: N818 - a refusal, not an error of the program
    """The data was refused; nothing changed."""

    exit_code = 20


class RunLocked(EwsError):  # noqa: N818
    """Another run holds the lock."""

    exit_code = 30


class ModelUnusable(EwsError):  # noqa: N818
    """The model cannot be used: none, expired, or a digest or schema that does not match."""

    exit_code = 40


class RegistryUnreachable(ModelUnusable):
    """The registry is not there or cannot be read; what it last gave may still be at hand."""


class GateClosed(EwsError):  # noqa: N818
    """The gate did not let the model through."""

    exit_code = 50
