"""Stops a run at its n-th change of a folder: the file system fails it there, or the process is gone.

Run as a program it publishes prepared scores: ``python planted_stop.py CONFIG PREPARED N fail|kill``.
It counts every file opened for writing, every rename and every removal under the workspace. Exit code 3 says
that there was no n-th change: the run went through.
"""

from __future__ import annotations

import errno
import os
import pickle
import sys
from pathlib import Path

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Stop:
    """An audit hook that strikes once.

    Parameters
    ----------
    folder : Path
        Changes elsewhere do not count.
    at : int
        The number of the change, from 1.
    kill : bool
        Whether the process ends there without a word; otherwise the change fails as on a full disk.
    """

    def __init__(self, folder: Path, at: int, *, kill: bool) -> None:
        self._folder, self._at, self._kill = os.fsencode(folder), at, kill
        self.seen = 0
        self.on = False

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on or not self._is_change(event, arguments):
            return
        self.seen += 1
        if self.seen != self._at:
            return
        if self._kill:
            os._exit(9)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _is_change(self, event: str, arguments: tuple[object, ...]) -> bool:
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and bool(flags & WRITING) and flags & os.O_ACCMODE != os.O_RDONLY
            return writes and self._inside(path)
        return event in CHANGES and any(self._inside(each) for each in arguments)

    def _inside(self, path: object) -> bool:
        return isinstance(path, str | bytes | os.PathLike) and os.fsencode(path).startswith(self._folder)


def main(config_path: Path, prepared: Path, at: int, *, kill: bool) -> int:
    from ews.config import load_config
    from ews.nightly.publish import publish
    from ews.nightly.recorded import recorded
    from ews.private_files import owner_only

    config = load_config(config_path)
    with prepared.open("rb") as file:
        scores, service, day, context, figures = pickle.load(file)  # noqa: S301 - written by this very test
    stop = Stop(config.workspace_dir, at, kill=kill)
    sys.addaudithook(stop)
    stop.on = True
    try:
        with owner_only(), recorded(config, "score"):
            publish(scores, service, config, day, context=context, figures=figures)
    except OSError:
        return 1
    finally:
        stop.on = False
    return 3 if stop.seen < at else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), kill=sys.argv[4] == "kill"))
