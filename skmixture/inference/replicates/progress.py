"""A bar that shows how far it has come: by rich or tqdm where one is installed, else plain text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["bar"]

Tell = Callable[[int], None]

WIDTH = 30


@contextmanager
def bar(title: str, total: int, shown: bool) -> Iterator[Tell | None]:
    """A function that is told how many are done; None where nothing is to be shown."""
    if not shown:
        yield None
        return
    for kind in (_by_tqdm, _by_rich, _by_text):
        try:
            context = kind(title, total)
            tell = context.__enter__()
        except ImportError:
            continue
        try:
            yield tell
        finally:
            context.__exit__(None, None, None)
        return


@contextmanager
def _by_tqdm(title: str, total: int) -> Iterator[Tell]:
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=title) as shown:
        yield lambda done: shown.update(done - shown.n)


@contextmanager
def _by_rich(title: str, total: int) -> Iterator[Tell]:
    from rich.progress import Progress

    with Progress() as shown:
        task = shown.add_task(title, total=total)
        yield lambda done: shown.update(task, completed=done)


@contextmanager
def _by_text(title: str, total: int) -> Iterator[Tell]:
    def tell(done: int) -> None:
        full = WIDTH * done // total
        line = f"\r{title} [{'=' * full}{' ' * (WIDTH - full)}] {done} of {total}"
        print(line, end="", file=sys.stderr, flush=True)

    tell(0)
    yield tell
    print(file=sys.stderr)
