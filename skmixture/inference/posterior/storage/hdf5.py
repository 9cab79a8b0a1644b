"""h5py, loaded when it is needed: it is an extra."""

from __future__ import annotations

from typing import Any

__all__ = ["load_h5py"]


def load_h5py() -> Any:
    """The module, or an ImportError that says how to get it."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError("chains in files need h5py: pip install skmixture[hdf5]") from error
    return h5py
