"""The HDF5 file of a finished chain, read.

::

    mcmc, or ensemble_0, ...   emcee's groups: coordinates and log probabilities
    skmixture                  attributes: format, chain (its mark), n_steps
        about                  layout, identity and the names of emcee's groups (JSON)
        state                  of the generators after the last step
        arrays/...             every other array, (T, ...)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from skmixture.inference.posterior.storage.emcee_groups import ARRAYS, OWN, in_emcee
from skmixture.inference.posterior.storage.errors import ChainDamagedError, ChainError
from skmixture.inference.posterior.storage.hdf5 import load_h5py
from skmixture.inference.posterior.storage.layout import Layout

__all__ = ["FORMAT", "Finished"]

FORMAT = 1


class Finished:
    """The steps in a finished file, which is open only while it is read.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ChainError
        If it is another file or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._opened() as file:
            if OWN not in file or "chain" not in file[OWN].attrs:
                raise ChainError(
                    f"backend: {path} is an HDF5 file, but no chain of skmixture; it was left as "
                    "it is. Record in another file"
                )
            own = file[OWN]
            if own.attrs["format"] != FORMAT:
                raise ChainError(f"backend: {path} was written by a newer skmixture; install that")
            about = json.loads(own["about"][()])
            self.layout = Layout.from_plain(about["layout"])
            self.identity: dict[str, str] = about["identity"]
            self.groups: tuple[str, ...] = tuple(about["emcee_groups"])
            self.chain = str(own.attrs["chain"])
            self.n_steps = int(own.attrs["n_steps"])
            self.state: bytes = own["state"][...].tobytes()  # now: the file may grow
            self._check_groups(file)

    def _check_groups(self, file: Any) -> None:
        for name in self.groups:
            n_steps = file[name].attrs["iteration"] if name in file else 0
            if n_steps != self.n_steps:
                raise ChainError(
                    f"backend: the group {name!r} of {self._path} has {n_steps} steps where the "
                    f"chain has {self.n_steps}: another program changed it. It was left as it is; "
                    "read it with emcee, and record in another file"
                )

    def read(self, name: str, steps: range) -> np.ndarray:
        """An array at these steps, all of which are in the file."""
        out = self.layout.empty(name, len(steps))
        if not len(steps):
            return out
        part = slice(steps.start, steps.stop, steps.step)
        with self._own() as file:
            if in_emcee(name, self.groups):
                for e, group in enumerate(self.groups):
                    out[:, e] = file[group][ARRAYS[name]][part]
            else:
                out[...] = file[OWN]["arrays"][name][part]
        return out

    @contextmanager
    def _own(self) -> Iterator[Any]:
        """The file, if it is still of the chain that it was: that only ever grows."""
        gone = ChainError(f"backend: the chain in {self._path} was replaced or removed meanwhile")
        try:
            with self._opened() as file:
                if OWN not in file or file[OWN].attrs.get("chain") != self.chain:
                    raise gone
                yield file
        except FileNotFoundError as error:
            raise gone from error

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        h5py = load_h5py()
        try:
            with h5py.File(self._path, "r") as file:
                yield file
        except (ChainError, FileNotFoundError):
            raise
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise ChainDamagedError(
                f"backend: {self._path} cannot be read as a chain (not HDF5, truncated, damaged, "
                f"or open elsewhere: {error}); it was left as it is. Remove it if it is of no use"
            ) from error
