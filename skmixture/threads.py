"""One thread for linear algebra while blocks are small."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

# scikit-learn requires threadpoolctl, so it is there wherever this package is
from threadpoolctl import ThreadpoolController

__all__ = ["single_threaded"]


@cache
def _controller() -> ThreadpoolController:
    # finding the loaded libraries takes milliseconds, more than a small fit
    return ThreadpoolController()


def single_threaded(user_api: str | None = "blas") -> AbstractContextManager:
    """Limit BLAS (or, with None, OpenMP too) to one thread within the context.

    Handing blocks of a few thousand rows to several threads costs more than
    it saves, and a fixed number makes sums independent of the machine's.
    """
    return _controller().limit(limits=1, user_api=user_api)
