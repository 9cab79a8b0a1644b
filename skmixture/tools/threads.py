"""Threads: one for linear algebra, whatever it may use for blocks of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import TypeVar

# scikit-learn requires threadpoolctl, so it is there wherever this package is
from threadpoolctl import ThreadpoolController

__all__ = ["SERIAL", "Workers", "single_threaded"]

# More threads mostly wait for the interpreter's lock, and each has a block of its own in memory.
MOST = 8

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
    # OpenMP's number is each Python thread's own, BLAS's that of the process
    limiter = _controller().limit(limits=1, user_api="openmp") if openmp else nullcontext()
    with limiter, _blas.single_threaded() as number:
        workers = Workers(number)
        try:
            yield workers
        finally:
            workers.close()


class _Blas:
    """The process's number of BLAS threads, of which one context at a time is in charge.

    Another that is entered meanwhile, in another Python thread, finds the
    limit set and leaves it alone. The last to leave could not lift it:
    threadpoolctl lets only the thread that set a number change it, until that
    thread leaves its context.
    """

    def __init__(self) -> None:
        self._taken = Lock()

    @contextmanager
    def single_threaded(self) -> Iterator[int]:
        """Limit it to one; what comes is how many Python threads may share the work."""
        if not self._taken.acquire(blocking=False):
            yield 1
            return
        before = self._number()
        try:
            with _controller().limit(limits=1, user_api="blas"):
                # another's hand may be on it, and the limit then is none
                yield min(before, MOST) if self._number() == 1 else 1
        finally:
            self._taken.release()

    @staticmethod
    def _number() -> int:
        libraries = _controller().lib_controllers
        numbers = [library.num_threads for library in libraries if library.user_api == "blas"]
        return max(numbers, default=1)


_blas = _Blas()


@cache
def _controller() -> ThreadpoolController:
    # finding the loaded libraries takes milliseconds, more than a small fit
    return ThreadpoolController()
