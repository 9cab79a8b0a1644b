"""What is good of a damaged journal, kept."""

from __future__ import annotations

import os
import shutil

from skmixture.inference.posterior.storage.errors import ChainError
from skmixture.inference.posterior.storage.journal import Journal
from skmixture.inference.posterior.storage.locks import Lock
from skmixture.inference.posterior.storage.opening import read_chain
from skmixture.inference.posterior.storage.places import Places, sync_file, sync_folder

__all__ = ["repair_chain"]


def repair_chain(path: str | os.PathLike[str]) -> int:
    """Go back to the steps before the first damaged one.

    The damaged journal is copied to a file beside it, `...journal.damaged`, before
    anything is cut off. A journal without damage is left as it is.

    Parameters
    ----------
    path : path
        The `backend` of `sample_posterior`.

    Returns
    -------
    int
        Steps of the chain that are left.

    Raises
    ------
    ChainError
        If there is no journal, its header is damaged, or it is being written.

    Examples
    --------
    >>> from skmixture.inference import repair_chain
    >>> try:
    ...     repair_chain("there-is-none.h5")
    ... except ValueError as error:
    ...     print("there is nothing to repair")
    there is nothing to repair
    """
    places = Places.of(path)
    lock = Lock(places.lock)
    try:
        journal = Journal(places.journal, writable=True, salvage=True)
        try:
            if journal.damage is not None:
                aside = places.damaged
                shutil.copy(places.journal, aside)
                sync_file(aside)
                sync_folder(aside)
                journal.trim()
        finally:
            journal.close()
        with read_chain(path) as chain:
            return chain.n_steps
    except FileNotFoundError as error:
        raise ChainError(f"backend: there is no journal {places.journal} to repair") from error
    finally:
        lock.release()
