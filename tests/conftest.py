"""Options and the fixture that walks over the registry of families."""

from __future__ import annotations

import pytest
from cases import CASES


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--family", default="", help="run the contract suite only for cases whose name contains it"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--family").lower()
        chosen = [case for case in CASES if wanted in case.name.lower()]
        metafunc.parametrize("case", chosen, ids=lambda case: case.name)
