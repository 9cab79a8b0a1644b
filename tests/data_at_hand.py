"""Tables that are not the project's to keep, where a copy is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from skmixture.datasets import fetch_singer_transcript_counts

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def folder_at_hand() -> Path:
    """The folder with a copy of the counts; skips the test that asks where there is none.

    It is SKMIXTURE_DATA if that is set, else shared/data beside the checkout.
    """
    folder = Path(os.environ.get("SKMIXTURE_DATA") or BESIDE).expanduser()
    if not (folder / "singer_transcript_counts.csv").exists():
        pytest.skip(f"no singer_transcript_counts.csv in {folder}; SKMIXTURE_DATA may name another")
    return folder


def singer_transcript_counts() -> NDArray[np.floating]:
    """The (279, 4) counts of Singer et al.; skips the test that asks where there is no copy.

    The network is never asked: tests must not depend on it.
    """
    return fetch_singer_transcript_counts(
        data_home=folder_at_hand(), download_if_missing=False
    ).data
