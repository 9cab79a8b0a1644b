"""The journal of a running chain: one write a step, checked when it is opened."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from time import monotonic

import numpy as np

from skmixture.inference.posterior.storage.errors import ChainDamagedError, ChainError
from skmixture.inference.posterior.storage.frames import (
    FRAME_BYTES,
    Header,
    encode_frame,
    read_header,
    scan,
)
from skmixture.inference.posterior.storage.layout import Record
from skmixture.inference.posterior.storage.places import Places, sync_folder

__all__ = ["Journal", "begin_journal"]

SECONDS_BETWEEN_SYNCS = 30.0


class Journal:
    """The steps in a journal, by their index in the chain.

    A step that was written survives the end of its process at any moment: the kernel
    has it. A failure of power loses at most what was written since the last sync, half
    a minute, for a sync a step would cost more than the step.

    Parameters
    ----------
    path : Path
        The journal.
    writable : bool
        Whether it may grow; only under the lock. Nothing is changed by opening it.
    salvage : bool
        Whether to take the good steps of a damaged one without a word.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ChainError
        If it is another file, or damaged before its last step.
    """

    def __init__(self, path: Path, writable: bool = False, salvage: bool = False) -> None:
        self._path = path
        self._file = _opened(path, "r+b" if writable else "rb")
        try:
            self.header = read_header(self._file, path)
            self._frames = scan(self._file, self.header.layout, self.header.start)
            if not salvage:
                self._report_damage()
        except BaseException:
            self._file.close()
            raise
        self.damage = self._frames.damage
        self._ragged = self.damage is not None
        self._synced = monotonic()

    @property
    def start(self) -> int:
        """Index of the first step."""
        return self.header.start

    @property
    def stop(self) -> int:
        """Index after the last step."""
        return self.header.start + len(self._frames.begins)

    @property
    def end(self) -> int:
        """Bytes of header and good steps."""
        return self._frames.end

    def _report_damage(self) -> None:
        n_good = self.stop - self.start
        if self._frames.damage == "middle":
            raise ChainDamagedError(
                f"backend: step {self.stop} in the journal {self._path} is damaged; the "
                f"{n_good} steps before it are good. repair_chain(path) keeps them and puts the "
                "damaged journal aside"
            )
        if self._frames.damage == "last":
            warnings.warn(
                f"the last step ({self.stop}) in the journal {self._path} is damaged and left out; "
                f"the {n_good} steps before it are good",
                stacklevel=2,
            )

    def append(self, record: Record) -> None:
        """Write one step, or leave the journal as it was and raise."""
        frame = encode_frame(self.header.layout, self.stop, record)
        if self._ragged:
            self.trim()
        self._ragged = True  # an interrupt between here and the end leaves a step not counted
        self._file.seek(self.end)
        try:
            _write(self._file, frame)
        except OSError as error:
            self.trim()
            raise ChainError(
                f"step {self.stop} could not be written to {self._path} ({error.strerror}); the "
                "steps before it are safe: resume=True goes on from there"
            ) from error
        self._frames.add(self.end + len(frame))
        self._ragged = False
        if monotonic() - self._synced > SECONDS_BETWEEN_SYNCS:
            os.fsync(self._file.fileno())
            self._synced = monotonic()

    def trim(self) -> None:
        """Cut off what is no finished step."""
        self._file.truncate(self.end)
        self._ragged = False

    def read(self, name: str, steps: range) -> np.ndarray:
        """An array at these steps, all of which are in the journal."""
        layout = self.header.layout
        begin, _ = layout.spans[name]
        out = layout.empty(name, len(steps))
        if not steps:
            return out
        rows = out.reshape(len(steps), -1).view(np.uint8)
        for row, index in zip(rows, steps, strict=True):
            self._file.seek(self._frames.begins[index - self.start] + FRAME_BYTES + begin)
            _fill(self._file, row.data)
        return out

    def last_state(self) -> bytes:
        """The state of the generators after the last step."""
        begin = self._frames.begins[-1] + FRAME_BYTES + self.header.layout.nbytes
        state = bytearray(self.end - 4 - begin)  # 4: the checksum
        self._file.seek(begin)
        _fill(self._file, memoryview(state))
        return bytes(state)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def begin_journal(places: Places, header: Header) -> Journal:
    """A new journal, put into place as a whole over one that is no longer wanted."""
    try:
        with places.new_journal.open("wb") as file:
            file.write(header.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ChainError(
            f"backend: cannot write {places.new_journal} ({error.strerror}); record elsewhere"
        ) from error
    os.replace(places.new_journal, places.journal)
    sync_folder(places.journal)
    return Journal(places.journal, writable=True)


def _opened(path: Path, mode: str) -> io.FileIO:
    try:
        return io.FileIO(path, mode)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ChainError(f"backend: {path} cannot be opened ({error.strerror})") from error


def _write(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _fill(file: io.FileIO, room: memoryview) -> None:
    while room:
        n_read = file.readinto(room)
        if not n_read:
            raise ChainDamagedError("a step that was in the journal is no longer there")
        room = room[n_read:]
