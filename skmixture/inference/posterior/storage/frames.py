"""The bytes of a journal: a header, and a frame a step.

::

    header   magic | length, crc32 of it and of the words | words (JSON, UTF-8)
    frame    "STEP", index, length of the state | crc32 | arrays in order, state | crc32

A frame's length stands under a checksum of its own: a frame that ends early was torn,
and is not mistaken for one whose length was damaged.
"""

from __future__ import annotations

import io
import json
import struct
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from skmixture.inference.posterior.storage.errors import ChainDamagedError, ChainError
from skmixture.inference.posterior.storage.layout import Layout, Record

__all__ = ["FRAME_BYTES", "Frames", "Header", "encode_frame", "read_header", "scan"]

MAGIC = b"skmixture journal\n"
VERSION = 1
_LENGTH = struct.Struct("<Q")
_FRAME = struct.Struct("<4sQQ")
_SUM = struct.Struct("<I")
FRAME_BYTES = _FRAME.size + _SUM.size  # before the arrays


@dataclass(frozen=True)
class Header:
    """What a journal says of its chain.

    Parameters
    ----------
    chain : str
        The chain's own mark, the same in its journal and in its finished file.
    start : int
        Index of the journal's first step; those before are in the finished file.
    replaces : str or None
        The mark of an erased chain, whose finished file may still be in place.
    """

    layout: Layout
    identity: Mapping[str, str]
    chain: str
    start: int
    replaces: str | None = None

    def encode(self) -> bytes:
        """Its bytes."""
        plain = {**vars(self), "layout": self.layout.to_plain(), "version": VERSION}
        words = json.dumps(plain).encode()
        length = _LENGTH.pack(len(words))
        return b"".join([MAGIC, length, _SUM.pack(crc32(words, crc32(length))), words])


def read_header(file: io.FileIO, place: object) -> Header:
    """The header of a journal, at whose beginning the file stands and whose end it reaches."""
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        raise ChainError(f"backend: {place} is not a journal of skmixture; it was left as it is")
    sizes = file.read(_LENGTH.size + _SUM.size)
    broken = ChainDamagedError(
        f"backend: the header of the journal {place} is truncated or damaged, so that its steps "
        "cannot be told; it was left as it is. Restore it, or erase it with overwrite=True"
    )
    if len(sizes) < _LENGTH.size + _SUM.size:
        raise broken
    (length,), (checksum,) = _LENGTH.unpack_from(sizes), _SUM.unpack_from(sizes, _LENGTH.size)
    if length > file.seek(0, io.SEEK_END) - len(MAGIC) - len(sizes):
        raise broken
    file.seek(len(MAGIC) + len(sizes))
    words = file.read(length)
    if crc32(words, crc32(sizes[: _LENGTH.size])) != checksum:
        raise broken
    plain = json.loads(words)
    if plain.pop("version") != VERSION:
        raise ChainError(
            f"backend: {place} was written by a newer skmixture; install that to read it"
        )
    return Header(**{**plain, "layout": Layout.from_plain(plain["layout"])})


def encode_frame(layout: Layout, index: int, record: Record) -> bytes:
    """A step's bytes."""
    head = _FRAME.pack(b"STEP", index, len(record.state))
    head_sum = crc32(head)
    body = b"".join([*(record.arrays[name].tobytes() for name in layout.arrays), record.state])
    return b"".join([head, _SUM.pack(head_sum), body, _SUM.pack(crc32(body, head_sum))])


@dataclass
class Frames:
    """Where the good frames of a journal are.

    Parameters
    ----------
    begins : array of int
        Where each frame begins.
    end : int
        Where the last good one ends.
    damage : str or None
        "torn" if what follows is the beginning of a frame, "last" if it is one whole
        frame whose checksum fails, "middle" if it is anything else.
    """

    begins: array
    end: int
    damage: str | None = None

    def add(self, end: int) -> None:
        """Take another frame, from the end of the last one."""
        self.begins.append(self.end)
        self.end = end


def scan(file: io.FileIO, layout: Layout, start: int) -> Frames:
    """Check all frames from where the file stands. One frame is in memory at a time."""
    frames = Frames(array("Q"), file.tell())
    size = file.seek(0, io.SEEK_END)
    file.seek(frames.end)
    while frames.end < size and frames.damage is None:
        _scan_one(file, layout, start + len(frames.begins), size, frames)
    return frames


def _scan_one(file: io.FileIO, layout: Layout, index: int, size: int, frames: Frames) -> None:
    start = frames.end
    if size - start < FRAME_BYTES:
        frames.damage = "torn"
        return
    head, head_sum = file.read(_FRAME.size), _SUM.unpack(file.read(_SUM.size))[0]
    marker, found, n_state = _FRAME.unpack(head)
    if crc32(head) != head_sum or marker != b"STEP" or found != index:
        frames.damage = "middle"
        return
    length = layout.nbytes + n_state
    end = start + FRAME_BYTES + length + _SUM.size
    if end > size:
        frames.damage = "torn"
        return
    body, body_sum = file.read(length), _SUM.unpack(file.read(_SUM.size))[0]
    if crc32(body, head_sum) == body_sum:
        frames.add(end)
    else:
        frames.damage = "last" if end == size else "middle"
