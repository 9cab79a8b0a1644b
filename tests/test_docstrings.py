"""Public objects have docstrings that numpydoc reads, examples, and a place in the reference."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate
from sklearn.base import BaseEstimator

from skmixture import display, families
from skmixture.families import Family

ROOMS = [
    "skmixture",
    "skmixture.families",
    "skmixture.inference",
    "skmixture.selection",
    "skmixture.display",
    "skmixture.priors",
    "skmixture.callbacks",
    "skmixture.plain",
    "skmixture.datasets",
    "skmixture.law.constraints",
    "skmixture.supports",
    "skmixture.transforms",
    "skmixture.law.edges",
]
# The engine's own, which other modules of the package import.
INNER = {
    f"skmixture.callbacks.{name}"
    for name in ("Callback", "Stopped", "Watch", "Watcher", "watch_of", "watcher_of")
} | {f"skmixture.law.edges.{name}" for name in ("entry_name", "free_of", "in_general", "listed")}
# scikit-learn makes these, with docstrings of its own.
OF_SCIKIT_LEARN = re.compile(r"set_\w+_request|get_metadata_routing|[gs]et_params|score")

# Records are made by functions, displays by class methods, not by users: their docstrings list
# attributes, not parameters.
RECORDS = {
    *(f"skmixture.display.{name}" for name in display.__all__),
    "skmixture.callbacks.Iteration",
    "skmixture.law.constraints.Constraints",
    "skmixture.law.edges.Edge",
    "skmixture.inference.BootstrapResult",
    "skmixture.inference.Failure",
    "skmixture.inference.LikelihoodRatioTest",
    "skmixture.inference.Posterior",
    "skmixture.inference.ProfileInterval",
    "skmixture.inference.StandardErrors",
    "skmixture.selection.CandidateResult",
    "skmixture.supports.Measure",
}
# Laws of whatever they are given have no source of their own.
OF_OTHERS = {"Components", "FromEstimator", "FromLogPDF", "FromScipy", "PointMass", "Product"}

# What numpydoc checks of every docstring.
FORM = ["GL03", "GL05", "GL06", "GL07", "GL08", "GL09", "SS01", "SS02", "SS03", "SS04", "SA04"]
# What it checks of the sections. Not asked: words for what a type and shape say already (PR07,
# RT03); types and the order of options that are "as in Mixture" (PR04, PR03); See Also (SA01).
SECTIONS = ["PR01", "PR02", "PR05", "PR06", "PR10", "RT01", "YD01"]
EXAMPLE = ["EX01"]
# numpydoc takes any first argument of this name for that of a class method.
NOT_FOR = {"skmixture.plain.register": ["PR02"]}


class Thing:
    """A public class or function, or a public method."""

    def __init__(self, name: str, value: object, owner: type | None = None) -> None:
        self.name, self.value, self.owner = name, value, owner

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def checks(self) -> list[str]:
        if self.name in RECORDS:
            return FORM + EXAMPLE
        if self.owner is None:
            return FORM + SECTIONS + EXAMPLE
        # The contract of families has one table for the shapes of all its arrays, at its head.
        return FORM if issubclass(self.owner, Family) else FORM + SECTIONS


def things() -> list[Thing]:
    """All of them; a method that classes inherit as it is comes once."""
    found, seen = [], set()
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            value = getattr(module, name)
            full = f"{room}.{name}"
            if not (inspect.isclass(value) or inspect.isroutine(value)):
                continue
            if full in INNER or id(value) in seen:
                continue
            seen.add(id(value))
            found.append(Thing(full, value))
            for method, function in methods(value) if inspect.isclass(value) else ():
                if id(function) not in seen:
                    seen.add(id(function))
                    found.append(Thing(f"{full}.{method}", function, value))
    return found


def laws() -> list[type]:
    """Families that may be made."""
    exported = (getattr(families, name) for name in families.__all__)
    return [law for law in exported if issubclass(law, Family) and not inspect.isabstract(law)]


def methods(owner: type) -> Iterator[tuple[str, object]]:
    """Public methods and properties that a class of the package defines and documents first."""
    for name in sorted(dir(owner)):
        if name.startswith("_") or OF_SCIKIT_LEARN.fullmatch(name):
            continue
        definitions = [vars(base)[name] for base in owner.__mro__ if name in vars(base)]
        definition = definitions[0]
        if not (callable(getattr(owner, name)) or isinstance(definition, property)):
            continue
        function = getattr(definition, "__func__", getattr(definition, "fn", definition))
        function = getattr(function, "fget", function)
        overrides = len(definitions) > 1 and not function.__doc__
        if getattr(function, "__module__", "").startswith("skmixture") and not overrides:
            yield name, function


THINGS = things()


def raised(value: object) -> set[str]:
    """Names of the errors that the body of a function raises itself."""
    code = ast.parse(textwrap.dedent(inspect.getsource(value)))
    errors = (node.exc for node in ast.walk(code) if isinstance(node, ast.Raise) and node.exc)
    calls = (getattr(error, "func", error) for error in errors)
    return {call.id for call in calls if isinstance(call, ast.Name) and call.id[0].isupper()}


@pytest.mark.parametrize("thing", THINGS, ids=repr)
def test_numpydoc_has_nothing_to_mend(thing):
    found = validate(thing.name)["errors"]
    checks = set(thing.checks) - set(NOT_FOR.get(thing.name, []))
    assert not [f"{code}: {text}" for code, text in found if code in checks]


@pytest.mark.parametrize(
    "thing",
    [thing for thing in THINGS if inspect.isfunction(thing.value) and "RT01" in thing.checks],
    ids=repr,
)
def test_errors_are_told(thing):
    """What a function raises by its own hand is in its section Raises."""
    told = {error.type for error in NumpyDocString(inspect.getdoc(thing.value))["Raises"]}
    assert raised(thing.value) <= told
    if thing.owner is not None and issubclass(thing.owner, BaseEstimator):
        assert told or "X" not in inspect.signature(thing.value).parameters  # which may be unfit


@pytest.mark.parametrize("name", [law.__name__ for law in laws()])
def test_laws_name_their_source(name):
    law = getattr(families, name)
    assert ("References" in law.__doc__) == (name not in OF_OTHERS)


def test_the_reference_names_everything():
    """Each public object has a page of its own in docs/api."""
    pages = Path(__file__).parents[1].joinpath("docs", "api").glob("*.md")
    named = set()
    for page in pages:
        module = ""
        for line in page.read_text("utf-8").splitlines():
            if match := re.match(r"\.\. currentmodule:: (\S+)", line):
                module = match[1]
            elif match := re.match(r"   (\w+)$", line):
                named.add(f"{module}.{match[1]}")
    assert named == {thing.name for thing in THINGS if thing.owner is None}


ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_pages_lead_to_files_of_the_repository(page):
    """Also for who reads them there: what a build of the site makes is no place to link to."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in link:
            place = page.parent / link
            assert place.exists(), link
            assert not place.is_relative_to(ROOT / "docs" / "examples"), link


@pytest.mark.parametrize(
    "page",
    [*PAGES, ROOT / "benchmarks" / "README.md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_scripts_that_pages_name_are_there(page):
    for script in re.findall(r"\b(?:benchmarks|docs)/[\w/]+\.py\b", page.read_text("utf-8")):
        assert (ROOT / script).exists(), script
