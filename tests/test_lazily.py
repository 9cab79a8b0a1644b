"""Names of the package that are loaded when they are asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import skmixture
from skmixture import families, inference

PACKAGES = [skmixture, families, inference]
packages = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)


@packages
def test_every_name_is_there_and_in_the_stub(package):
    stub = Path(package.__file__).with_suffix(".pyi").read_text()
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom)]
    typed = {alias.asname for node in imports for alias in node.names}
    assert typed == set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None


@packages
def test_the_stub_says_where_names_come_from(package):
    stub = Path(package.__file__).with_suffix(".pyi").read_text()
    for node in ast.parse(stub).body:
        if isinstance(node, ast.ImportFrom) and node.module != package.__name__:
            for alias in node.names:
                home = import_module(node.module)
                assert getattr(home, alias.name) is getattr(package, alias.asname)


@packages
def test_names_are_listed_once_and_nothing_else(package):
    listed = [name for name in dir(package) if not name.startswith("__")]
    assert listed == sorted(package.__all__)


@packages
def test_a_name_that_is_not_there(package):
    with pytest.raises(AttributeError, match=rf"{package.__name__!r} has no attribute 'Gaussain'"):
        _ = package.Gaussain
    assert not hasattr(package, "__path_to_nowhere__")


def test_one_law_does_not_load_another():
    code = (
        "import sys; import skmixture; assert 'sklearn' not in sys.modules\n"
        "from skmixture import GaussianMixture\n"
        "others = [m for m in sys.modules if m.startswith('skmixture.families.')]\n"
        "assert {m.split('.')[2] for m in others} == {'gaussian'}, others"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
