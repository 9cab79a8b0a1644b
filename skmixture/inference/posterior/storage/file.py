"""Chains in files: what is finished, and the journal after it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skmixture.inference.posterior.storage.chain import Chain, Recorder
from skmixture.inference.posterior.storage.emcee_groups import EmceeGroups, states_of
from skmixture.inference.posterior.storage.errors import ChainError
from skmixture.inference.posterior.storage.finished import Finished
from skmixture.inference.posterior.storage.journal import Journal
from skmixture.inference.posterior.storage.layout import Layout, Record
from skmixture.inference.posterior.storage.locks import Lock
from skmixture.inference.posterior.storage.merging import merge
from skmixture.inference.posterior.storage.places import Places, sync_folder

__all__ = ["FileChain", "FileRecorder"]


class FileChain(Chain):
    """A chain of which the first steps are in a finished file, and later ones in a journal.

    A journal may hold steps that the file has as well, if a writer was killed between
    the merge and the end of the journal: the file's are read.
    """

    def __init__(self, finished: Finished | None, journal: Journal | None) -> None:
        self.finished, self.journal = finished, journal
        if journal is not None:
            self.layout: Layout = journal.header.layout
            self.identity: Mapping[str, str] = journal.header.identity
            self.mark = journal.header.chain
        elif finished is not None:
            self.layout, self.identity = finished.layout, finished.identity
            self.mark = finished.chain

    @property
    def n_finished(self) -> int:
        """Steps in the finished file."""
        return 0 if self.finished is None else self.finished.n_steps

    @property
    def journal_adds(self) -> bool:
        """Whether the journal has steps that the finished file has not."""
        return self.journal is not None and self.journal.stop > self.n_finished

    @property
    def n_steps(self) -> int:
        return self.journal.stop if self.journal and self.journal_adds else self.n_finished

    def _read(self, name: str, steps: range) -> np.ndarray:
        n_before = len(range(steps.start, min(steps.stop, self.n_finished), steps.step))
        before, after = steps[:n_before], steps[n_before:]
        if self.finished is None or not before:
            return self.journal.read(name, after) if self.journal else self.layout.empty(name, 0)
        if self.journal is None or not after:
            return self.finished.read(name, before)
        return np.concatenate([self.finished.read(name, before), self.journal.read(name, after)])

    def _last_state(self) -> bytes:
        if self.journal is not None and self.journal_adds:
            return self.journal.last_state()
        return b"" if self.finished is None else self.finished.state

    def close(self) -> None:
        if self.journal is not None:
            self.journal.close()


class FileRecorder(FileChain, Recorder):
    """The one writer of a chain in a file, with a journal that is open for it."""

    def __init__(
        self,
        places: Places,
        lock: Lock,
        finished: Finished | None,
        journal: Journal,
        names: tuple[str, ...],
        groups: EmceeGroups,
    ) -> None:
        super().__init__(finished, journal)
        self._places, self._lock = places, lock
        self._names, self._groups = names, groups

    def append(self, record: Record) -> None:
        self.layout.check(record)
        if not self._lock.held or self.journal is None:
            raise ChainError(
                "this recorder is finished, closed, or of a parent process; open the chain again "
                "with resume=True"
            )
        if not self.n_steps:
            states_of(record.state, self._names, self._groups)  # better now than at the end
        self.journal.append(record)

    def finish(self) -> None:
        if not self._lock.held or self.journal is None:
            return
        if self.journal_adds or self.finished is None:
            merge(self._places, self, self.mark, self.finished, self._names, self._groups)
        self.finished = Finished(self._places.finished)
        self.journal.close()
        self.journal = None
        self._places.journal.unlink()
        sync_folder(self._places.journal)
        self._lock.release()

    def close(self) -> None:
        super().close()
        self._lock.release()
