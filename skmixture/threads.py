"""Threads: one for linear algebra, whatever it may use for blocks of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import Any, TypeVar

# scikit-learn requires threadpoolctl, so it is there wherever this package is
from threadpoolctl import ThreadpoolController

__all__ = ["SERIAL", "Workers", "single_threaded"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """A number of threads that share the blocks of a sweep.

    Parameters
    ----------
    number : int
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool: ThreadPoolExecutor | None = None

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterable[Result]:
        """Results in the order of the items."""
        if self.number == 1:
            return map(function, items)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.number)
        return self._pool.map(function, items)

    def close(self) -> None:
        """End the threads; an interrupted sweep leaves off after the blocks at hand."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


SERIAL = Workers(1)


@contextmanager
def single_threaded(openmp: bool = False) -> Iterator[Workers]:
    """Limit BLAS, and OpenMP where asked, to one thread within the context.

    Handing blocks of a few thousand rows to several threads of BLAS costs
    more than it saves, and a fixed number makes sums independent of the
    machine's. What comes are workers, as many as BLAS had threads.
    """
    workers = Workers(_blas.enter())
    # OpenMP's number is each Python thread's own, BLAS's that of the process
    limiter = _controller().limit(limits=1, user_api="openmp") if openmp else nullcontext()
    try:
        with limiter:
            yield workers
    finally:
        workers.close()
        _blas.leave()


class _Limit:
    """BLAS on one thread, as long as anyone in the process asks for it."""

    def __init__(self) -> None:
        self._lock, self._depth = Lock(), 0
        self._limiter: Any = None

    def enter(self) -> int:
        """Set the limit; the number of threads that BLAS had."""
        with self._lock:
            libraries = _controller().lib_controllers
            numbers = [lib.num_threads for lib in libraries if lib.user_api == "blas"]
            if self._depth == 0:
                self._limiter = _controller().limit(limits=1, user_api="blas")
            self._depth += 1
        return max(numbers, default=1)

    def leave(self) -> None:
        """Lift the limit where no one else needs it."""
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._limiter.restore_original_limits()
                self._limiter = None


_blas = _Limit()


@cache
def _controller() -> ThreadpoolController:
    # finding the loaded libraries takes milliseconds, more than a small fit
    return ThreadpoolController()
