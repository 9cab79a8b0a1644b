"""Options and the fixture that walks over the registry of families."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--family", default="", help="run the contract suite only for cases whose name contains it"
    )


@pytest.fixture
def rng() -> np.random.RandomState:
    """A generator of the test's own: what it draws does not depend on the tests before it."""
    return np.random.RandomState(0)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--family").lower()
        test = metafunc.function.__name__
        chosen = [case for case in CASES if wanted in case.name.lower()]
        chosen = [case for case in chosen if test not in case.not_for]
        metafunc.parametrize("case", chosen, ids=lambda case: case.name)
