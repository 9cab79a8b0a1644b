"""What follows from draws, for every law: by name, as tables, as models, as rows to come."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES
from posteriors import model_of

from skmixture import Mixture
from skmixture.families import Components, Gaussian, Uniform
from skmixture.inference import sample_posterior, standard_errors

NUMERIC = [case for case in CASES if case.family.numeric]


@pytest.mark.parametrize("method", ["ensemble", "gibbs"])
@pytest.mark.parametrize("of", NUMERIC, ids=lambda of: of.name)
def test_what_follows_from_draws(of, method):
    """Coordinates are as many as the family counts as free, and all else is of some shape."""
    model, X = model_of(of, n=40)
    of_method = {"n_walkers": 1, "n_ensembles": 1} if method == "gibbs" else {"n_ensembles": 1}
    posterior = sample_posterior(
        model, X, method=method, n_steps=2, n_burn_in=0, random_state=0, **of_method
    )
    assert len(posterior.names) == model._n_free()
    K = of.n_components
    for name, value in posterior.draws.items():
        assert value.shape[:2] == (2, posterior.n_walkers), name
        assert np.isfinite(value).all(), name
    assert posterior.draws["weights"].shape == (2, posterior.n_walkers, K)
    assert np.isfinite(posterior.table()["mean"]).all()
    one = posterior.model_at(1, 0)
    for name in of.params:
        np.testing.assert_allclose(
            getattr(one, name + "_"), posterior.draws[name][1, 0], rtol=1e-12, atol=1e-300
        )
    assert posterior.sample_predictive(2, random_state=0).shape == (2, *X.shape)


@pytest.mark.parametrize("ends", [{}, {"low": -40.0, "high": 40.0}], ids=["of data", "given"])
def test_a_box_stays_where_it_is(rng, ends):
    """It is no parameter: what the options or the rows say of it holds."""
    X = np.concatenate([rng.normal(size=(60, 2)), rng.uniform(-30, 30, size=(20, 2))])
    law = Components([("cluster", Gaussian(), 1), ("noise", Uniform(**ends))])
    model = Mixture(law, 2, random_state=0).fit(X)
    posterior = sample_posterior(model, X, n_steps=5, n_burn_in=0, random_state=0)
    assert len(posterior.names) == model.n_parameters_ == 6
    for name in ("noise__lows", "noise__highs"):
        assert (posterior.draws[name] == getattr(model, name + "_")).all()
        assert f"{name}[0, 0]" in posterior.held
    assert not np.isnan(standard_errors(model, X)["cluster__means"]).any()
    with pytest.raises(ValueError, match="noise__lows is fixed"):
        sample_posterior(model, X, priors={"noise__lows": "flat"})


def test_a_box_alone_has_nothing_to_sample(rng):
    X = rng.uniform(size=(50, 3))
    with pytest.raises(ValueError, match="nothing is left to sample"):
        sample_posterior(Mixture(Uniform(), 1).fit(X), X)
