"""The interface of chains: all can be read, recorders grow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import numpy as np

from skmixture.inference.posterior.storage.layout import Layout, Record

__all__ = ["Chain", "Recorder"]


class Chain(ABC):
    """Steps that can be read.

    Attributes
    ----------
    layout : Layout
        What a step is made of.
    identity : mapping of str to str
        What the chain is of: data, model, priors, walkers, seed.
    """

    layout: Layout
    identity: Mapping[str, str]

    @property
    @abstractmethod
    def n_steps(self) -> int:
        """Steps recorded so far."""

    def arrays(
        self, name: str, start: int = 0, stop: int | None = None, step: int = 1
    ) -> np.ndarray:
        """An array over the steps ``start:stop:step``, shape (T, ...), a copy of its own.

        Only what is asked for is read, so a long history of labels can be gone through
        in pieces.

        Raises
        ------
        ValueError
            If there is no array of this name, or `step` is below 1.
        """
        if name not in self.layout.arrays:
            raise ValueError(f"name: no array {name!r} in this chain, only {[*self.layout.arrays]}")
        if step < 1:
            raise ValueError(f"step must be at least 1, got {step}")
        return self._read(name, range(*slice(start, stop, step).indices(self.n_steps)))

    @abstractmethod
    def _read(self, name: str, steps: range) -> np.ndarray:
        """An array at these steps, all of which exist: (len(steps), ...)."""

    def last(self) -> Record | None:
        """The last step, or None if there is none."""
        if not self.n_steps:
            return None
        arrays = {name: self.arrays(name, self.n_steps - 1)[0, ...] for name in self.layout.arrays}
        return Record(arrays, self._last_state())

    @abstractmethod
    def _last_state(self) -> bytes:
        """The state of the generators after the last step, of which there is one."""

    def close(self) -> None:  # noqa: B027 - nothing to let go of in memory
        """Let go of files and locks; what is recorded stays. A journal is no longer read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Recorder(Chain):
    """A chain that grows, in one thread.

    Leaving its `with` finishes it. After an exception it is closed only: a file's steps
    are in its journal then, for `read_chain` and for `resume=True`.
    """

    @abstractmethod
    def append(self, record: Record) -> None:
        """Record one step; its arrays may be used again afterwards.

        Raises
        ------
        ValueError
            If the record is not of the layout, or the chain is finished or closed.
        """

    @abstractmethod
    def finish(self) -> None:
        """End the run. Steps can still be read, not appended; a second call does nothing."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.close()
