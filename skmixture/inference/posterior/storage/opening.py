"""Opening chains: to record, or to read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from uuid import uuid4

from skmixture.inference.posterior.storage.chain import Chain, Recorder
from skmixture.inference.posterior.storage.emcee_groups import EmceeGroups, names_of
from skmixture.inference.posterior.storage.errors import (
    ChainDamagedError,
    ChainError,
    ChainExistsError,
    ChainMismatchError,
)
from skmixture.inference.posterior.storage.file import FileChain, FileRecorder
from skmixture.inference.posterior.storage.finished import Finished
from skmixture.inference.posterior.storage.frames import Header
from skmixture.inference.posterior.storage.hdf5 import load_h5py
from skmixture.inference.posterior.storage.identity import check_identity, check_same
from skmixture.inference.posterior.storage.journal import Journal, begin_journal
from skmixture.inference.posterior.storage.layout import Layout
from skmixture.inference.posterior.storage.locks import Lock
from skmixture.inference.posterior.storage.memory import MemoryRecorder
from skmixture.inference.posterior.storage.places import Places

__all__ = ["open_recorder", "read_chain"]

ATTEMPTS = 5


def open_recorder(
    path: str | os.PathLike[str] | None,
    layout: Layout,
    identity: Mapping[str, str],
    *,
    resume: bool = False,
    overwrite: bool = False,
    emcee_groups: EmceeGroups | None = None,
) -> Recorder:
    """Open a chain to record in.

    Parameters
    ----------
    path : path or None
        The HDF5 file that the chain shall become; None records in memory.
    layout : Layout
        What a step is made of.
    identity : mapping of str to str
        What the chain is of, in words and digests; a chain of another identity is
        not resumed.
    resume : bool
        Go on with the chain that is there; begin one if there is none.
    overwrite : bool
        Erase the chain that is there. Other files are never erased.
    emcee_groups : EmceeGroups or None
        How the ensembles appear to emcee in the finished file.

    Returns
    -------
    Recorder
        Its `last()` is where to go on from.

    Raises
    ------
    ChainExistsError
        If there is a chain, and neither `resume` nor `overwrite`.
    ChainMismatchError
        If the chain to resume is of another identity or layout; the message lists what differs.
    ChainBusyError
        If another call writes it.
    ChainDamagedError
        If what is there cannot be read.
    ChainError
        If the path is a folder, of another kind of file, or cannot be written to. All of
        these are ValueErrors, and leave every file as it was.
    ImportError
        If h5py is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.storage import Layout, Record, open_recorder
    >>> layout = Layout({"coordinates": ((1, 4, 2), float)})
    >>> with open_recorder(None, layout, {"model": "two normals"}) as recorder:
    ...     recorder.append(Record({"coordinates": np.zeros((1, 4, 2))}, b"the generators"))
    >>> recorder.arrays("coordinates").shape
    (1, 1, 4, 2)
    """
    identity, groups = check_identity(identity), emcee_groups or EmceeGroups()
    names = names_of(layout, groups)
    if resume and overwrite:
        raise ValueError("overwrite=True erases the chain that resume=True would go on with")
    if path is None:
        return MemoryRecorder(layout, identity)
    load_h5py()
    places = Places.of(path)
    lock = Lock(places.lock)
    try:
        if overwrite:
            finished, journal = _erased(places, layout, identity)
        else:
            finished, journal = _continued(places, layout, identity, names, resume)
        return FileRecorder(places, lock, finished, journal, names, groups)
    except BaseException:
        lock.release()
        raise


def read_chain(path: str | os.PathLike[str]) -> Chain:
    """The steps of a chain so far, finished or not, without disturbing who writes it.

    Parameters
    ----------
    path : path
        The `backend` of `sample_posterior`, be the file there yet or not.

    Returns
    -------
    Chain
        The steps that there were when it was opened: `n_steps`, `identity`, and
        ``arrays(name)`` of "coordinates" (T, 1, W, p), "log_prob" and
        "accepted" (T, 1, W), of "labels" and others where they were drawn.
        Close it, or use it in a `with`.

    Raises
    ------
    ChainError
        If there is no chain, or it cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skmixture import ExponentialMixture
    >>> from skmixture.inference import read_chain, sample_posterior
    >>> X = [[1.0], [2.5], [0.3], [4.1], [0.8], [1.9]]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "chain.h5"
    ...     model = ExponentialMixture().fit(X)
    ...     posterior = sample_posterior(model, X, n_steps=20, backend=path, random_state=0)
    ...     with read_chain(path) as chain:
    ...         print(chain.n_steps, chain.arrays("coordinates").shape, chain.identity["model"])
    20 (20, 1, 128, 1) ExponentialMixture of Exponential with n_components=1
    """
    places = Places.of(path)
    for attempt in range(ATTEMPTS):
        try:
            chain = _found(places)
            break
        except (ChainMismatchError, FileNotFoundError):  # a writer put files into place just now
            if attempt == ATTEMPTS - 1:
                raise
    if chain is None:
        raise ChainError(f"backend: there is no chain in {path}, nor a journal of one beside it")
    return chain


def _found(places: Places, writable: bool = False) -> FileChain | None:
    """What is there. The journal is opened first: its steps only ever move to the file."""
    journal: Journal | None = None
    finished: Finished | None = None
    with suppress(FileNotFoundError):
        journal = Journal(places.journal, writable)
    try:
        with suppress(FileNotFoundError):
            finished = Finished(places.finished)
        if journal is None:
            return None if finished is None else FileChain(finished, None)
        return FileChain(_of_journal(places, journal.header, finished), journal)
    except BaseException:
        if journal is not None:
            journal.close()
        raise


def _of_journal(places: Places, header: Header, finished: Finished | None) -> Finished | None:
    """The finished steps that the journal goes on from."""
    if finished is not None and finished.chain == header.replaces:
        finished = None
    if finished is not None and finished.chain != header.chain:
        raise ChainMismatchError(
            f"backend: {places.finished} and the journal {places.journal} are of different chains; "
            "both were left as they are. Move one of them elsewhere"
        )
    n_finished = 0 if finished is None else finished.n_steps
    if n_finished < header.start:
        raise ChainMismatchError(
            f"backend: the journal {places.journal} goes on from step {header.start}, but "
            f"{places.finished} has {n_finished} steps; put the file back that had them"
        )
    return finished


def _continued(
    places: Places,
    layout: Layout,
    identity: Mapping[str, str],
    names: tuple[str, ...],
    resume: bool,
) -> tuple[Finished | None, Journal]:
    """The chain that is there, ready to grow; a new one if there is none."""
    chain = _found(places, writable=True)
    if chain is None:
        places.clear()
        return None, begin_journal(places, Header(layout, identity, uuid4().hex, 0))
    try:
        if not resume:
            raise ChainExistsError(
                f"backend: {places.finished} has a chain of {chain.n_steps} steps already. "
                "resume=True goes on with it; an existing chain is never erased without "
                "overwrite=True"
            )
        check_same(places.finished, chain, layout, identity)
        _check_names(places, chain.finished, names)
    except BaseException:
        chain.close()
        raise
    places.clear()
    return chain.finished, _growing(places, chain)


def _growing(places: Places, chain: FileChain) -> Journal:
    """The journal if it has steps of its own or may have them, or a new one after the file."""
    journal, finished = chain.journal, chain.finished
    if journal is not None and journal.stop >= chain.n_finished:
        journal.trim()
        if finished is None:
            places.finished.unlink(missing_ok=True)  # of a chain that was erased
        return journal
    chain.close()
    return begin_journal(places, Header(chain.layout, chain.identity, chain.mark, chain.n_steps))


def _check_names(places: Places, finished: Finished | None, names: tuple[str, ...]) -> None:
    if finished is not None and finished.groups != names:
        raise ChainMismatchError(
            f"emcee_groups: the groups of {places.finished} are {finished.groups}, got {names}; "
            "resume with those"
        )


def _erased(places: Places, layout: Layout, identity: Mapping[str, str]) -> tuple[None, Journal]:
    """A new chain in the place of another: its journal first, which says what it replaces."""
    finished: Finished | None = None
    with suppress(FileNotFoundError):
        finished = Finished(places.finished)
    with suppress(FileNotFoundError, ChainDamagedError):  # a damaged journal is one of ours
        Journal(places.journal, salvage=True).close()
    places.clear()
    replaces = None if finished is None else finished.chain
    journal = begin_journal(places, Header(layout, identity, uuid4().hex, 0, replaces))
    places.finished.unlink(missing_ok=True)
    return None, journal
