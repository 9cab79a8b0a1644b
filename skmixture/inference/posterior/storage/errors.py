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
    """A stored chain cannot be opened, read or written as was asked.

    Examples
    --------
    >>> from skmixture.inference import ChainError, read_chain
    >>> try:
    ...     read_chain("there-is-none.h5")
    ... except ChainError as error:
    ...     print(error)
    backend: there is no chain in there-is-none.h5, nor a journal of one beside it
    """


class ChainExistsError(ChainError):
    """There is a chain already, and neither resuming nor overwriting was asked for.

    Examples
    --------
    >>> from skmixture.inference import ChainError, ChainExistsError
    >>> issubclass(ChainExistsError, ChainError)
    True
    """


class ChainMismatchError(ChainError):
    """The stored chain is of other data, another model, other walkers or other options.

    The message lists what differs.

    Examples
    --------
    >>> from skmixture.inference import ChainError, ChainMismatchError
    >>> issubclass(ChainMismatchError, ChainError)
    True
    """


class ChainBusyError(ChainError):
    """Another call writes this chain; `read_chain` reads it meanwhile.

    Examples
    --------
    >>> from skmixture.inference import ChainBusyError, ChainError
    >>> issubclass(ChainBusyError, ChainError)
    True
    """


class ChainDamagedError(ChainError):
    """What was written is not what is read; `repair_chain` keeps what is before it.

    Examples
    --------
    >>> from skmixture.inference import ChainDamagedError, ChainError
    >>> issubclass(ChainDamagedError, ChainError)
    True
    """
