"""One writer a chain: a lock that vanishes with its process."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from skmixture.inference.posterior.storage.errors import ChainBusyError, ChainError

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["Lock"]


class Lock:
    """An exclusive lock on a file of its own, which is removed with it.

    The lock belongs to the open file, not to its name: one left by a killed process
    holds nobody up.

    Raises
    ------
    ChainBusyError
        If it is held, be it in this process.
    ChainError
        If the file cannot be made or the file system has no locks.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = None
        self._path = path
        while not self._acquired():
            pass
        _HELD.add(self)

    def _acquired(self) -> bool:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise ChainError(
                f"backend: cannot write in the folder {self._path.parent} ({error.strerror}); "
                "a chain needs files beside its own"
            ) from error
        try:
            _try_lock(file)
        except (BlockingIOError, PermissionError) as error:
            os.close(file)
            raise ChainBusyError(
                f"backend: the chain of {self._path.name.removesuffix('.journal.lock')} is being "
                "written by another call or process; wait for it, stop it, or record in "
                "another file. read_chain reads it meanwhile"
            ) from error
        except OSError as error:
            os.close(file)
            raise ChainError(
                f"backend: the file system of {self._path.parent} has no locks ({error.strerror}); "
                "record on another one"
            ) from error
        self._file = file
        if self._is_in_place(file):
            return True
        self._close()  # the holder before us removed it after we had opened it
        return False

    def _is_in_place(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    @property
    def held(self) -> bool:
        """Whether this process may write."""
        return self._file is not None

    def release(self) -> None:
        """Give it back; a second call does nothing."""
        if self._file is None:
            return
        if sys.platform == "win32":  # an open file cannot be removed
            self._close()
        with suppress(OSError):
            self._path.unlink()
        self._close()

    def __del__(self) -> None:
        self.release()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


_HELD: WeakSet[Lock] = WeakSet()


def _forget() -> None:
    """A forked child is not the writer, and must not keep the lock when its parent dies."""
    for lock in list(_HELD):
        lock._close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
