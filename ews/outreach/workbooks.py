"""Workbooks of many lists, two at a time: every second core renders what this process does not.

Rendering a workbook is work for a processor alone, and a large district has thousands. The other process gets
what a workbook holds through a pipe and gives its bytes back; it opens no file, writes none, and ends when
this one does. What it does not deliver is rendered here.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from ews.outreach.spreadsheet import spreadsheet

Workbook = dict[str, Any]
"""The arguments of :func:`ews.outreach.spreadsheet.spreadsheet`."""

MANY = 200
"""Lists from which a second process is worth its start."""

_MODULE = "ews.outreach.workbooks"
_KEPT_HERE = 3
"""Every third workbook: this process also writes the pages and all files."""


class Workbooks:
    """The bytes of workbooks by number; see :func:`rendered`."""

    def __init__(self, workbooks: Sequence[Workbook], elsewhere: dict[int, Future[bytes]]) -> None:
        self._workbooks = workbooks
        self._elsewhere = elsewhere

    def __getitem__(self, number: int) -> bytes:
        """Return one workbook; rendered now, or waited for."""
        made = self._elsewhere.pop(number, None)
        if made is not None and made.exception() is None:
            return made.result()
        return spreadsheet(**self._workbooks[number])


@contextmanager
def rendered(workbooks: Sequence[Workbook], *, many: int = MANY) -> Iterator[Workbooks]:
    """Yield workbooks by their number, to be asked for once each and in order.

    Parameters
    ----------
    many : int
        From how many on a second process helps.
    """
    if len(workbooks) < many:
        yield Workbooks(workbooks, {})
        return
    numbers = [number for number in range(len(workbooks)) if number % _KEPT_HERE]
    elsewhere: dict[int, Future[bytes]] = {number: Future() for number in numbers}
    helper = subprocess.Popen(  # noqa: S603 - this Python and this module
        [sys.executable, "-P", "-m", _MODULE],  # -P: nothing is imported from the folder one stands in
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # What Python says of an error quotes values.
        stderr=subprocess.DEVNULL,
    )
    waiting = dict(elsewhere)
    threads = [
        threading.Thread(target=_send, args=(helper.stdin, workbooks, numbers), daemon=True),
        threading.Thread(target=_receive, args=(helper.stdout, waiting), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield Workbooks(workbooks, elsewhere)
    finally:
        helper.kill()
        helper.wait()
        for thread in threads:
            thread.join()
        for pipe in (helper.stdin, helper.stdout):
            _close(pipe)


def _send(pipe: Any, workbooks: Sequence[Workbook], numbers: Sequence[int]) -> None:
    try:
        for number in numbers:
            pickle.dump((number, workbooks[number]), pipe)
    except (OSError, ValueError):
        return  # the other process is gone: what it owes is rendered here
    finally:
        _close(pipe)


def _receive(pipe: Any, waiting: dict[int, Future[bytes]]) -> None:
    """Hand over what arrives; what does not arrive has failed."""
    with suppress(Exception):  # whatever a process that died half-way has left in the pipe
        while waiting:
            number, content = pickle.load(pipe)  # noqa: S301 - from a process of our own
            waiting.pop(number).set_result(content)
    for left in waiting.values():
        left.set_exception(EOFError())


def _close(pipe: Any) -> None:
    with suppress(OSError):
        pipe.close()


def _serve() -> None:
    """Render what comes through standard input until it ends."""
    while True:
        try:
            number, workbook = pickle.load(sys.stdin.buffer)  # noqa: S301 - from a process of our own
        except EOFError:
            return
        pickle.dump((number, spreadsheet(**workbook)), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve()
