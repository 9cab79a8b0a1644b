"""A finished chain written: beside its place, synced, and put there as a whole."""

from __future__ import annotations

import json
import os
import shutil
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from skmixture.inference.posterior.storage.chain import Chain
from skmixture.inference.posterior.storage.emcee_groups import (
    OWN,
    EmceeGroups,
    create_group,
    extend_group,
    in_emcee,
    set_state,
    states_of,
)
from skmixture.inference.posterior.storage.errors import ChainError
from skmixture.inference.posterior.storage.finished import FORMAT, Finished
from skmixture.inference.posterior.storage.hdf5 import load_h5py
from skmixture.inference.posterior.storage.places import Places, sync_file, sync_folder

__all__ = ["merge"]

BLOCK_BYTES = 2**23  # read and written at a time
CHUNK_BYTES = 2**18  # of HDF5, the unit of reading


def merge(
    places: Places,
    chain: Chain,
    mark: str,
    finished: Finished | None,
    names: tuple[str, ...],
    groups: EmceeGroups,
) -> None:
    """Write the whole chain to its finished file.

    Whatever else is in the file stays there. Killed at any moment, the old file and
    the journal are still in place, or the new file is.
    """
    try:
        if finished is None:
            _create(places.merged, chain, mark, names)
        else:
            shutil.copy(places.finished, places.merged)
        _extend(places.merged, chain, 0 if finished is None else finished.n_steps, names, groups)
        sync_file(places.merged)
    except (OSError, RuntimeError) as error:  # h5py has both
        places.clear()
        raise ChainError(
            f"backend: the chain could not be written to {places.merged} ({error}); its steps are "
            "safe in the journal: make room and resume"
        ) from error
    os.replace(places.merged, places.finished)
    sync_folder(places.finished)


def _create(path: Path, chain: Chain, mark: str, names: tuple[str, ...]) -> None:
    """A file with no steps."""
    h5py = load_h5py()
    about = dict(layout=chain.layout.to_plain(), identity=dict(chain.identity), emcee_groups=names)
    with h5py.File(path, "w") as file:
        for name in names:
            create_group(file.create_group(name), chain.layout, _create_array)
        own = file.create_group(OWN)
        own.attrs.update(format=FORMAT, chain=mark, n_steps=0)
        own.create_dataset("about", data=json.dumps(about))
        own.create_dataset("state", (0,), np.uint8, maxshape=(None,))
        arrays = own.create_group("arrays")
        for name, (shape, dtype) in chain.layout.arrays.items():
            if not in_emcee(name, names):
                _create_array(arrays, name, shape, dtype)


def _create_array(group: Any, name: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Room for any number of steps; a damaged chunk is noticed when it is read."""
    per_chunk = max(1, CHUNK_BYTES // (prod(shape) * dtype.itemsize))
    group.create_dataset(
        name,
        (0, *shape),
        dtype,
        maxshape=(None, *shape),
        chunks=(per_chunk, *shape),
        fletcher32=True,
    )


def _extend(
    path: Path, chain: Chain, since: int, names: tuple[str, ...], groups: EmceeGroups
) -> None:
    """Add the steps from `since` on, and the state after the last of them."""
    h5py = load_h5py()
    per_block = max(1, BLOCK_BYTES // chain.layout.nbytes)
    with h5py.File(path, "r+") as file:
        for start in range(since, chain.n_steps, per_block):
            stop = min(start + per_block, chain.n_steps)
            _extend_own(file[OWN]["arrays"], chain, start, stop)
            if names:
                _extend_emcee(file, chain, start, stop, names)
        if last := chain.last():
            _write_state(file, last.state, names, groups)
        file[OWN].attrs["n_steps"] = chain.n_steps


def _extend_own(arrays: Any, chain: Chain, start: int, stop: int) -> None:
    for name, array in arrays.items():
        array.resize(stop, axis=0)
        array[start:stop] = chain.arrays(name, start, stop)


def _extend_emcee(file: Any, chain: Chain, start: int, stop: int, names: tuple[str, ...]) -> None:
    coordinates, log_prob, accepted = (
        chain.arrays(name, start, stop) for name in ("coordinates", "log_prob", "accepted")
    )
    for e, name in enumerate(names):
        extend_group(file[name], coordinates[:, e], log_prob[:, e], accepted[:, e])


def _write_state(file: Any, state: bytes, names: tuple[str, ...], groups: EmceeGroups) -> None:
    own = file[OWN]["state"]
    own.resize(len(state), axis=0)
    own[...] = np.frombuffer(state, np.uint8)
    states = states_of(state, names, groups) or [()] * len(names)
    for name, of_ensemble in zip(names, states, strict=True):
        set_state(file[name], of_ensemble)
