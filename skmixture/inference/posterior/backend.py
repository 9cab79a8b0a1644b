"""A chain as emcee has it."""

from __future__ import annotations

from os import PathLike
from typing import Any

__all__ = ["backend_of"]


def backend_of(posterior: Any, path: str | PathLike[str] | None) -> Any:
    """An emcee backend with the steps of a posterior: of its file, where there is one."""
    import emcee

    if path is not None:
        return emcee.backends.HDFBackend(str(path), read_only=True)
    backend = emcee.backends.Backend()
    backend.reset(posterior.n_walkers, posterior.coordinates.shape[-1])
    backend.chain, backend.log_prob = posterior.coordinates, posterior.log_prob
    backend.accepted = posterior.accepted.sum(axis=0)
    backend.iteration = posterior.n_steps
    backend.initialized = True
    return backend
