"""How errors call the values that they are about, in few words whatever these are."""

from __future__ import annotations

from typing import Any

__all__ = ["named", "shown"]

LONGEST = 80


def named(value: Any) -> str:
    """What kind of thing a value is."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind = type(value)
    home = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"a {home}{kind.__qualname__}"


def shown(value: Any) -> str:
    """A value that is short, and what kind of thing any other is."""
    if isinstance(value, int) and not -(10**18) < value < 10**18:
        return "a large int"
    if not isinstance(value, str | int | float | None):
        return named(value)
    text = repr(value[:LONGEST] if isinstance(value, str) else value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
