"""What replicates are of, so that those of two runs are told apart."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.identities import differences, digest, marked, told_of
from skmixture.inference.posterior.beliefs.words import shown
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.publication import estimates_of

__all__ = ["differences_from", "identity_of", "of_values"]

Array = NDArray[np.floating]

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def identity_of(ground: Ground, n_starts: int) -> dict[str, str]:
    """Model, rows and options of a bootstrap, each as a short text."""
    model, rows = ground.model, ground.rows
    columns = [column for _, column in sorted(rows.columns.items())]
    weight = [] if rows.weight is None else [rows.weight]
    priors = {name: shown(prior) for name, prior in (model.prior or {}).items()}
    shape = " x ".join(map(str, rows.shape))
    return {
        "model": f"{type(model).__name__} of {_on_a_line(repr(model._law))}",
        "fixed": told_of(model._held),
        "tied": ", ".join(model.tied or ()),
        "prior": ", ".join(f"{name}: {told}" for name, told in priors.items()),
        "rows": marked(shape, digest([rows.X, *weight, *columns])),
        "weight of rows": f"{rows.counted:.10g}",
        "n_starts": str(n_starts),
    }


def differences_from(
    ground: Ground, identity: Mapping[str, str], estimates: Mapping[str, Array]
) -> list[str]:
    """How a model and rows differ from those that replicates are of, as far as that is known."""
    own = {**identity, "fitted values": of_values(estimates)}
    given = identity_of(ground, int(own.get("n_starts", 0)))
    given["fitted values"] = of_values(estimates_of(ground))
    return differences(own, {name: told for name, told in given.items() if name in own})


def of_values(estimates: Mapping[str, Array]) -> str:
    """The fit's own values in words."""
    return marked(shown(estimates["weights"]), digest(list(estimates.values())))


def _on_a_line(text: str) -> str:
    """Without addresses, which differ from process to process."""
    return " ".join(ADDRESS.sub("", text).split())
