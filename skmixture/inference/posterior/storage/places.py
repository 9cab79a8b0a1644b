"""The files of a chain, and what makes them last."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from skmixture.inference.posterior.storage.errors import ChainError

__all__ = ["Places", "sync_file", "sync_folder"]


@dataclass(frozen=True)
class Places:
    """`chain.h5` and the files beside it, which all begin with `chain.h5.journal`."""

    finished: Path

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Places:
        """The places of a chain; links are followed, so that each chain has one lock."""
        finished = Path(os.path.realpath(path))
        if finished.is_dir():
            raise ChainError(f"backend: {path} is a folder; name a file in it")
        if not finished.parent.is_dir():
            raise ChainError(f"backend: the folder {finished.parent} does not exist; make it first")
        return cls(finished)

    def _beside(self, ending: str) -> Path:
        return self.finished.with_name(f"{self.finished.name}.journal{ending}")

    @property
    def journal(self) -> Path:
        """Steps of a run that has not ended."""
        return self._beside("")

    @property
    def lock(self) -> Path:
        """Held by the one who writes."""
        return self._beside(".lock")

    @property
    def new_journal(self) -> Path:
        """A journal before it takes its place."""
        return self._beside(".new")

    @property
    def merged(self) -> Path:
        """A finished chain before it takes its place."""
        return self._beside(".merged")

    @property
    def damaged(self) -> Path:
        """A damaged journal, put aside: the first name that is free."""
        number = 0
        while (place := self._beside(f".damaged{number or ''}")).exists():
            number += 1
        return place

    def clear(self) -> None:
        """Remove what a killed writer was about to put into place. Only under the lock."""
        for place in (self.new_journal, self.merged):
            with suppress(FileNotFoundError):
                place.unlink()


def sync_file(path: Path) -> None:
    """Have the file's contents on the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Have the names in the file's folder on the disk, where folders can be synced."""
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
