"""Which word chooses columns: `column` where one is shown, `columns` where several are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["of_all_columns", "of_columns", "of_one_column"]

P = ParamSpec("P")
Made = TypeVar("Made")
Method = Callable[P, Made]


def of_one_column(method: Method[P, Made]) -> Method[P, Made]:
    """A maker of displays of one column, which says so where it is asked for `columns`."""
    return _refusing(
        method,
        {"columns": "shows one column: pass column=, a name or a number; PairsDisplay shows more"},
    )


def of_columns(method: Method[P, Made]) -> Method[P, Made]:
    """A maker of displays of several columns, which says so where it is asked for a `column`."""
    return _refusing(
        method, {"column": "shows several columns: pass columns=, a list of names or numbers"}
    )


def of_all_columns(advice: str) -> Callable[[Method[P, Made]], Method[P, Made]]:
    """Makers of displays of all columns of a model, which say so where they are asked for some."""

    def wrapper(method: Method[P, Made]) -> Method[P, Made]:
        told = f"shows all columns of the model, and takes none apart; {advice}"
        return _refusing(method, {"column": told, "columns": told})

    return wrapper


def _refusing(method: Method[P, Made], words: dict[str, str]) -> Method[P, Made]:
    @wraps(method)
    def made(*args: P.args, **options: P.kwargs) -> Made:
        for word, told in words.items():
            if word in options:
                of_class: Any = args[0]
                raise TypeError(f"{word}= is no option of {of_class.__name__}, which {told}")
        return method(*args, **options)

    return made
