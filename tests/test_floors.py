"""The floors of the house: imports go strictly downwards."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import chain
from pathlib import Path

import pytest

import skmixture
from skmixture import families

HOUSE = Path(skmixture.__file__).parent


def within(folder: str, inner: str) -> list[str]:
    """Rooms of a folder, by the words that name them."""
    return [f"{folder}/{room}" for room in inner.split()]


# Modules of a floor may import from floors below, and from rooms before them on their own. The
# rooms of a folder that has several are named beside it.
FLOORS: list[dict[str, str]] = [
    {
        "tools": "lazily text documented threads",
        "numerics": "buffers products special solvers",
        "transforms": "",
        "priors": "",
        "supports": "",
        "table": "streamed holes rows partition",
        "law": (
            "constraints parts edges mixed constant face incomplete tabular informed family "
            "exponential_family by_column columns"
        ),
        "engine": (
            "state coordinates blocks e_step passes em stepwise acceleration iteration "
            "chance outcome"
        ),
    },
    {
        "given": "validation survey numbering strata known batch",
        "starts": "own rearranged kmeans by_name",
        "chunked": "",
        "callbacks": "",
        "fit": ("options progress hooks rounds running screening restarts penalty problem joining"),
        "plain": "",
    },
    {
        "estimator": "scoring published standing incremental base named",
    },
    {
        "families": "",
        "mixture": "",
        "datasets": "",
    },
    {
        "inference": "",
        "selection": "",
    },
    {
        "display": "",
    },
]
ROOMS = [
    [name for folder, inner in floor.items() for name in (folder, *within(folder, inner))]
    for floor in FLOORS
]
PLACE = {room: place for place, room in enumerate(chain.from_iterable(ROOMS))}
MODULES = sorted(path for path in HOUSE.rglob("*.py") if path != HOUSE / "__init__.py")


def room_at(parts: tuple[str, ...]) -> str:
    """The room of a module by the parts of its name, without the package's."""
    inner = "/".join(parts[:2])
    return inner if inner in PLACE else parts[0]


def room_of(path: Path) -> str:
    return room_at(path.relative_to(HOUSE).with_suffix("").parts)


def imported(path: Path) -> set[str]:
    """Every module that a file imports, at whatever depth."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_go_down(path):
    room = room_of(path)
    assert room in PLACE, f"{room} has no floor"
    for name in imported(path):
        package, *parts = name.split(".")
        other = room_at(tuple(parts)) if package == "skmixture" and parts else room
        if other in PLACE and other != room:
            assert PLACE[other] < PLACE[room], f"{room} must not import {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_only_the_ground_floor_of_scikit_learn(path):
    """Public names only, and none at all in the engine."""
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "sklearn":
            continue
        assert not any(part.startswith("_") for part in parts), f"{path} imports private {name}"
        public = {"base", "cluster", "exceptions", "utils", "callback"}
        if room_of(path) in ROOMS[-2]:  # what is there looks at estimators as users do
            public.add("model_selection")
        assert len(parts) == 1 or parts[1] in public, f"{path} imports {name}"
        if room_of(path) in ROOMS[0]:
            assert room_of(path) == "law/face", f"the engine must not see {name}"


def test_modules_are_small():
    longest = max(MODULES, key=lambda path: len(path.read_text("utf-8").splitlines()))
    assert len(longest.read_text("utf-8").splitlines()) <= 420, longest


def test_the_page_names_every_room():
    """How it works, floor by floor: each room in its place, with its own words."""
    page = Path(__file__).parents[1].joinpath("docs", "how-it-works.md").read_text("utf-8")
    floors = re.split(r"^### \d: ", page, flags=re.MULTILINE)[1:]
    told = [re.findall(r"^\| `([\w/]+)` \| (.*) \|$", floor, re.MULTILINE) for floor in floors]
    assert told == [[(room, sentence_of(room)) for room in floor] for floor in ROOMS]


def sentence_of(room: str) -> str:
    """The first line of a room's docstring."""
    module = HOUSE / f"{room}.py"
    path = module if module.exists() else HOUSE / room / "__init__.py"
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    return (docstring or "").splitlines()[0]


def test_every_family_is_in_the_table():
    """The page of all families names each, and the parameters it has without being told more."""
    page = Path(__file__).parents[1].joinpath("docs", "families.md").read_text("utf-8")
    lines = dict(re.findall(r"^\| `(\w+)` \|(.*)$", page, re.MULTILINE))
    laws = [getattr(families, name) for name in families.__all__]
    laws = [law for law in laws if isinstance(law, type) and issubclass(law, families.Family)]
    named = {law.__name__ for law in laws if not inspect.isabstract(law)}
    assert set(lines) == named
    for name, line in lines.items():
        needed = [
            option
            for option in inspect.signature(getattr(families, name)).parameters.values()
            if option.default is inspect.Parameter.empty
        ]
        parameters = [] if needed or name == "Categorical" else getattr(families, name)().parameters
        assert all(f"`{parameter}`" in line for parameter in parameters), name
