"""What a document may hold at most, so that no file can ask for much more than its own size."""

from __future__ import annotations

__all__ = ["LONGEST", "MOST_AXES", "MOST_CHARACTERS", "MOST_VALUES", "check_depth", "check_int"]

MOST_DEPTH = 32
MOST_VALUES = 50_000_000  # of a document, apart from what an archive keeps beside it
MOST_AXES, LONGEST = 16, 2**31
LARGEST_INT = 2**64
# Characters of an array of strings, which all have the room of the longest.
MOST_CHARACTERS = 10_000_000


def check_depth(depth: int, where: str) -> None:
    """Raise where values are nested too deep, or in themselves."""
    if depth > MOST_DEPTH:
        raise ValueError(f"{where} is nested more than {MOST_DEPTH} deep, or holds itself")


def check_int(value: int, where: str) -> None:
    """Raise where a whole number is longer than the machine's."""
    if abs(value) >= LARGEST_INT:
        raise ValueError(f"{where} is an int of more than 64 bits, which the plain format lacks")
