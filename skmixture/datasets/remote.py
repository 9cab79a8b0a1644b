"""A table that is not the package's to give away: fetched once, checked, then kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

__all__ = ["fetch_singer_transcript_counts"]

ADDRESS = "https://s3.amazonaws.com/bebi103.caltech.edu/data/singer_transcript_counts.csv"
FILE = "singer_transcript_counts.csv"
VARIABLE = "SKMIXTURE_DATA"
TIMEOUT = 30.0  # seconds

GENES = ["Rex1", "Rest", "Nanog", "Prdm14"]
SHAPE = (279, 4)
# Of the values alone, as little-endian int64 in C order: comments and line ends are free.
DIGEST = "60670bada38f8b32952d7e09bbf9a88c5ecfd252424f48e043a1a150be37c1d4"


def fetch_singer_transcript_counts(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Transcripts of four genes in 279 mouse embryonic stem cells, fetched on first use.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder that keeps the table, made if missing. None takes the
        environment variable ``SKMIXTURE_DATA``, or ``~/skmixture_data`` where
        that is not set.
    download_if_missing : bool, default=True
        False raises OSError, and leaves the network alone, where the folder
        does not hold the table.

    Returns
    -------
    Bunch
        ``data``, ndarray of shape (279, 4): the number of mRNA molecules in a
        cell, counted by single-molecule FISH; ``feature_names``, the genes;
        ``DESCR``.

    Raises
    ------
    OSError
        If the table is neither there nor to be had, or if what is there, or
        what was sent, does not hold its values. A file that was there is left
        as it is.

    Notes
    -----
    Singer et al. (2014), "Dynamic heterogeneity and DNA methylation in
    embryonic stem cells", Molecular Cell 55, 319-331; from the course data of
    BE/Bi 103 at Caltech. A copy called ``singer_transcript_counts.csv`` that
    is already in the folder is read without any network.

    Examples
    --------
    >>> from skmixture.datasets import fetch_singer_transcript_counts
    >>> fetch_singer_transcript_counts().data.shape  # doctest: +SKIP
    (279, 4)
    """
    path = _data_home(data_home) / FILE
    if path.exists():
        counts = _kept(path)
    elif download_if_missing:
        counts = _downloaded(path)
    else:
        raise OSError(f"{path} is missing, and download_if_missing=False. {_by_hand(path)}")
    return Bunch(
        data=counts.astype(float),
        feature_names=list(GENES),
        DESCR=(
            "Transcripts of Rex1, Rest, Nanog and Prdm14 in 279 mouse embryonic stem cells, "
            "counted by single-molecule FISH. Singer et al. (2014), Molecular Cell 55, 319-331; "
            f"course data of BE/Bi 103, {ADDRESS}"
        ),
    )


def _data_home(given: str | os.PathLike[str] | None) -> Path:
    if given is None:
        # a variable that is set to nothing counts as not set
        given = os.environ.get(VARIABLE) or "~/skmixture_data"
    return Path(given).expanduser()


def _kept(path: Path) -> NDArray[np.int64]:
    try:
        return _read(path)
    except ValueError as error:
        raise OSError(
            f"{path} is not the table of counts: {error}. Move it away or delete it to have the "
            f"table fetched again. {_by_hand(path)}"
        ) from error


def _downloaded(path: Path) -> NDArray[np.int64]:
    content = _sent(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A folder of its own, because a temporary file would be for its owner's eyes only. It lies
    # in the data home so that the last step is a rename: other processes see all or nothing.
    with TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
        fresh = Path(folder) / FILE
        fresh.write_bytes(content)
        try:
            counts = _read(fresh)
        except ValueError as error:
            raise OSError(
                f"What {ADDRESS} sent is not the table of counts, and was not kept: {error}. "
                f"{_by_hand(path)}"
            ) from error
        os.replace(fresh, path)
    return counts


def _sent(path: Path) -> bytes:
    # here, because they take a twentieth of the time of an import of the whole package
    import urllib.request
    from http.client import HTTPException

    try:
        with urllib.request.urlopen(ADDRESS, timeout=TIMEOUT) as response:
            return response.read()
    # an answer that breaks off is an HTTPException, which is no OSError
    except (OSError, HTTPException) as error:
        raise OSError(f"{ADDRESS} could not be fetched: {error}. {_by_hand(path)}") from error


def _read(path: Path) -> NDArray[np.int64]:
    """The table in a file, or a ValueError that says what is wrong with it."""
    lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    table = [line.split(",") for line in lines if line and not line.startswith("#")]
    names = [name.strip() for name in table[0]] if table else []
    if names != GENES:
        # cut short: the file may be a page of a portal, and its first line anything
        raise ValueError(f"its columns are {str(names)[:100]}, not {GENES}")
    rows = table[1:]
    lengths = sorted({len(row) for row in rows})
    if (len(rows), *lengths) != SHAPE:
        raise ValueError(f"it has {len(rows)} rows of {lengths} entries, not 279 rows of 4")
    try:
        # int() rather than a reader of floats, which would let 1.5 pass for 1 in the digest
        counts = np.array([[int(entry) for entry in row] for row in rows], dtype=np.int64)
    except OverflowError as error:
        raise ValueError("it holds numbers beyond 64 bits") from error
    if hashlib.sha256(counts.astype("<i8").tobytes()).hexdigest() != DIGEST:
        raise ValueError("its values are not those of the table")
    return counts


def _by_hand(path: Path) -> str:
    return (
        f"To put a copy there by hand, save {ADDRESS} as {path}; or set data_home=, or the "
        f"environment variable {VARIABLE}, to a folder that holds {FILE}."
    )
