"""Names of a package that are loaded when they are asked for (PEP 562).

All laws together take as long to load as scikit-learn's own mixtures; a user
of one law waits for that one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["lazily"]


def lazily(
    package: str, homes: Mapping[str, Sequence[str]], modules: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The `__getattr__`, `__dir__` and `__all__` of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : mapping of str to sequence of str
        Names by the module that has them.
    modules : sequence of str
        Modules of the package that are names of it as well.

    Examples
    --------
    >>> from skmixture.tools.lazily import lazily
    >>> load, _, names = lazily("os", {"os.path": ["basename"]})
    >>> names
    ['basename']
    >>> load("basename")("a/b")
    'b'
    """
    home_of = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> Any:
        if name in home_of:
            value = getattr(import_module(home_of[name]), name)
        elif name in modules:
            value = import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)  # so that it is asked for once
        return value

    names = sorted([*home_of, *modules], key=lambda name: (name.islower(), name))

    def listed() -> list[str]:
        own = [name for name in vars(sys.modules[package]) if name.startswith("__")]
        return [*own, *names]  # how the package is built is nobody's concern

    return load, listed, names
