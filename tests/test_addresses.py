"""Results do not depend on where numbers lie in memory.

numpy 1 takes a result that lies right behind strided numbers for one that
overlaps them, and then works with other instructions, which differ in the last
bit. So what it has such instructions for is given numbers without gaps.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from test_contract import few_rows, local_em, perturbed

import skmixture
from skmixture.engine.iteration import Stopping, iterate
from skmixture.numerics.buffers import side_by_side

# What numpy has wide instructions for that round otherwise than the usual ones.
FUNCTIONS = [
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt", "power", "arctan2"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
]
PACKAGE = str(Path(skmixture.__file__).parent)


def with_gaps(numbers) -> bool:
    """Whether neighbours along no axis are neighbours in memory."""
    if not isinstance(numbers, np.ndarray) or numbers.dtype.kind != "f":
        return False
    steps = [abs(s) for s, n in zip(numbers.strides, numbers.shape, strict=True) if n > 1 and s]
    return bool(steps) and min(steps) > numbers.itemsize


@contextmanager
def watched(monkeypatch):
    """The places in the package that hand over numbers with gaps."""
    places: set[str] = set()

    def watching(function):
        def call(*numbers, **options):
            caller = sys._getframe(1)
            if caller.f_code.co_filename.startswith(PACKAGE) and any(map(with_gaps, numbers)):
                places.add(f"{function.__name__} in {caller.f_code.co_qualname}")
            return function(*numbers, **options)

        return call

    with monkeypatch.context() as patch:
        for name in FUNCTIONS:
            patch.setattr(np, name, watching(getattr(np, name)))
        yield places


def among_others(X):
    """The same rows, as every other column of a table."""
    if not isinstance(X, np.ndarray):
        return X
    table = np.zeros((len(X), 2 * X.shape[1]), dtype=X.dtype)
    table[:, ::2] = X
    return table[:, ::2]


def test_gaps_are_seen(monkeypatch):
    table = np.ones((4, 3))
    assert with_gaps(table[:, 1])
    assert not with_gaps(side_by_side(table[:, 1]))
    assert not with_gaps(table.T)
    assert side_by_side(table) is table
    assert not with_gaps(np.broadcast_to(1.0, (4, 3)))
    with watched(monkeypatch) as places:
        np.log(table[:, 1])  # not by the package
    assert not places


@few_rows
@pytest.mark.parametrize("accelerated", ["lbfgs", None])
def test_functions_are_given_numbers_without_gaps(case, accelerated, monkeypatch):
    X = among_others(case.draw(120)[0])
    em = local_em(case, X)
    start = perturbed(em, X, case.n_components, range(3))
    with watched(monkeypatch) as places:
        iterate(em, start, Stopping(4, 0.0), acceleration=accelerated)
        em.log_likelihood(start)
        em.family.to_user(start.params)
    assert not places
