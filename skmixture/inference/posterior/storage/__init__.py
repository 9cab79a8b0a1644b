"""Chains that survive: recorded step by step in memory or in a file, resumed bit for bit.

The shortest way in::

    with open_recorder("chain.h5", layout, identity, resume=True) as recorder:
        last = recorder.last()  # None in a new chain
        ...
        recorder.append(Record(arrays, state))

A running chain is a journal beside its file (`chain.h5.journal`), one write a
step; when the run ends it is merged into `chain.h5`, in the layout of
:class:`emcee.backends.HDFBackend`.
"""

from skmixture.inference.posterior.storage.chain import Chain, Recorder
from skmixture.inference.posterior.storage.emcee_groups import EmceeGroups
from skmixture.inference.posterior.storage.errors import (
    ChainBusyError,
    ChainDamagedError,
    ChainError,
    ChainExistsError,
    ChainMismatchError,
)
from skmixture.inference.posterior.storage.generators import pack_states, unpack_states
from skmixture.inference.posterior.storage.layout import Layout, Record
from skmixture.inference.posterior.storage.opening import open_recorder, read_chain
from skmixture.inference.posterior.storage.repair import repair_chain

__all__ = [
    "Chain",
    "ChainBusyError",
    "ChainDamagedError",
    "ChainError",
    "ChainExistsError",
    "ChainMismatchError",
    "EmceeGroups",
    "Layout",
    "Record",
    "Recorder",
    "open_recorder",
    "pack_states",
    "read_chain",
    "repair_chain",
    "unpack_states",
]
