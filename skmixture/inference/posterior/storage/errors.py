"""What may be wrong with a stored chain. All of it is a ValueError."""

from __future__ import annotations

__all__ = [
    "ChainBusyError",
    "ChainDamagedError",
    "ChainError",
    "ChainExistsError",
    "ChainMismatchError",
]


class ChainError(ValueError):
    """A stored chain cannot be opened, read or written as was asked."""


class ChainExistsError(ChainError):
    """There is a chain already, and neither resuming nor overwriting was asked for."""


class ChainMismatchError(ChainError):
    """The stored chain is of other data, another model, other walkers or another layout."""


class ChainBusyError(ChainError):
    """Another recorder writes this chain."""


class ChainDamagedError(ChainError):
    """What was written is not what is read."""
