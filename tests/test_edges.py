"""Fits that end at an edge: finite, with one sentence that names the values and says what to do."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special, stats
from sklearn.exceptions import ConvergenceWarning

from skmixture import BinomialMixture, GaussianMixture, Mixture, NegativeBinomialMixture, priors
from skmixture.families import (
    Bernoulli,
    Beta,
    BetaBinomial,
    Binomial,
    Categorical,
    Components,
    DirichletMultinomial,
    Exponential,
    Family,
    FromLogPDF,
    FromScipy,
    Gamma,
    Gaussian,
    Geometric,
    Hurdle,
    InverseGaussian,
    Laplace,
    LogNormal,
    Multinomial,
    NegativeBinomial,
    Poisson,
    Product,
    StudentT,
    VonMisesFisher,
    Weibull,
    ZeroInflated,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import Edge, in_general, sentences
from skmixture.supports import counts

HALF = np.repeat([0, 1], 100)  # the component of each row, for all makers below


@dataclass(frozen=True)
class EdgeCase:
    """Data that drive one parameter of a law to its edge, and what is told of it.

    Attributes
    ----------
    name : str
    law : Family
    draw : callable rng -> (200, d)
        The first half of the rows is of component 0.
    told : tuple of str
        How each sentence begins.
    new : array-like of shape (m, d)
        Rows that were not in the data.
    options : dict
        Of the mixture.
    """

    name: str
    law: Family
    draw: Callable[[RandomState], NDArray]
    told: tuple[str, ...]
    new: Any
    options: dict[str, Any] = field(default_factory=dict)

    def fit(self, **options: Any) -> tuple[Mixture, list[str]]:
        X = np.asarray(self.draw(RandomState(0)), dtype=float)
        start = np.where(HALF[:, None] == np.arange(2), 0.99, 0.01)
        model = Mixture(self.law, 2, **{**self.options, **options})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, start=start)
        assert all(warning.category is UserWarning for warning in caught)
        return model, [str(warning.message) for warning in caught]


def by_half(first: Any, second: Any) -> NDArray:
    """Rows of the first component, then of the second."""
    return np.where(HALF[:, None] == 0, first, second)


def binary(rng: RandomState) -> NDArray:
    return rng.uniform(size=(200, 3)) < by_half([0.0, 0.2, 0.3], [0.8, 0.9, 1.0])


def choices(rng: RandomState) -> NDArray:
    return by_half(rng.randint(2, size=(200, 3)), rng.randint(1, 3, size=(200, 3)))


def few_and_even(rng: RandomState) -> NDArray:
    """Dispersed counts, then none in one column and even ones in the other."""
    even = np.c_[np.zeros(200), 400 + rng.randint(3, size=200)]
    return by_half(rng.negative_binomial(2, 0.1, (200, 2)), even)


def some_zeros(rng: RandomState, draw: Callable[..., NDArray]) -> NDArray:
    """Values of two columns, with zeros of their own but in one column of the first half."""
    own = rng.uniform(size=(200, 2)) < by_half([0.0, 0.3], [0.3, 0.4])
    return np.where(own, 0, by_half([1, 0], 0) + draw([4, 30], size=(200, 2)) + by_half(0, 80))


def without_dispersion(rng: RandomState) -> NDArray:
    """Counts of 20 trials, less dispersed than binomial ones in the second component."""
    return by_half(
        rng.binomial(20, rng.beta(1, 4, size=(200, 1))), 14 + rng.randint(3, size=(200, 1))
    )


def shares_without_dispersion(rng: RandomState) -> NDArray:
    first = [rng.multinomial(20, rng.dirichlet([8, 1, 1])) for _ in HALF]
    return by_half(first, [2, 9, 9])


def all_or_none(rng: RandomState) -> NDArray:
    return by_half(
        rng.binomial(20, rng.beta(8, 8, size=(200, 1))), 20 * rng.randint(2, size=(200, 1))
    )


def flat(rng: RandomState) -> NDArray:
    """Heavy tails, then none."""
    return by_half(rng.standard_t(3, size=(200, 1)), 40 + rng.uniform(-1, 1, size=(200, 1)))


def directions(rng: RandomState) -> NDArray:
    """About one direction, then as many opposite ones as there are."""
    narrow = [0.0, 0.0, 1.0] + 0.05 * rng.normal(size=(100, 3))
    around = rng.normal(size=(50, 3))
    X = np.r_[narrow, around, -around]
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def log_poisson(X: NDArray, rate: float) -> NDArray:
    return X[:, 0] * np.log(rate) - rate - special.gammaln(X[:, 0] + 1)


CASES = [
    EdgeCase(
        "Bernoulli", Bernoulli(), binary,
        ("probs_[0, 0] and probs_[1, 2] (2 of 6 probs) ended at 0 or 1",), [[1, 0, 0], [1, 1, 1]],
    ),
    EdgeCase(
        "Binomial", Binomial(9), lambda rng: by_half(rng.binomial(9, 0.3, size=(200, 1)), 9),
        ("probs_[1, 0] (1 of 2 probs) ended at 0 or 1",), [[8], [9]],
    ),
    EdgeCase(
        "Geometric", Geometric(), lambda rng: by_half(0, rng.geometric(0.02, size=(200, 1)) + 40),
        ("probs_[0, 0] (1 of 2 probs) ended at 1",), [[1], [3]],
    ),
    EdgeCase(
        "Categorical", Categorical([3, 3, 4]), choices,
        ("probs_[0, 0, 2], probs_[0, 1, 2], probs_[0, 2, 2], probs_[0, 2, 3] and 4 more "
         "(8 of 20 probs) ended at 0",),
        [[2, 0, 3], [1, 1, 1]],
    ),
    EdgeCase(
        "Multinomial", Multinomial(),
        lambda rng: by_half(*(rng.multinomial(9, p, 200) for p in ([0, 0.4, 0.6], [0.8, 0.2, 0]))),
        ("probs_[0, 0] and probs_[1, 2] (2 of 6 probs) ended at 0",), [[1, 4, 4], [0, 0, 3]],
    ),
    EdgeCase(
        "Poisson", Poisson(),
        lambda rng: by_half(*(rng.poisson(rates, (200, 2)) for rates in ([0, 5], [20, 9]))),
        ("rates_[0, 0] (1 of 4 rates) ended at 0",), [[1, 3], [2, 0]],
    ),
    EdgeCase(
        "NegativeBinomial", NegativeBinomial(), few_and_even,
        ("means_[1, 0] (1 of 4 means) ended at 0",
         "sizes_[1, 1] (1 of 4 sizes) grew without bound"),
        [[1, 3], [2, 400]],
    ),
    EdgeCase(
        "BetaBinomial", BetaBinomial(20), without_dispersion,
        ("alphas_[1, 0] (1 of 2 alphas) grew without bound, with betas_: counts there are no more "
         "dispersed than binomial ones",),
        [[9], [20]],
    ),
    EdgeCase(
        "BetaBinomial-together", BetaBinomial(20), all_or_none,
        ("alphas_[1, 0] (1 of 2 alphas) ended at 0, with betas_",), [[1], [20]],
    ),
    EdgeCase(
        "BetaBinomial-never", BetaBinomial(20),
        lambda rng: by_half(rng.binomial(20, rng.beta(4, 4, size=(200, 1))), 0),
        ("alphas_[1, 0] (1 of 2 alphas) ended at 0: the component has no successes there",),
        [[1], [20]],
    ),
    EdgeCase(
        "DirichletMultinomial", DirichletMultinomial(), shares_without_dispersion,
        ("concentrations_[1] (1 of 2 concentrations) grew without bound",), [[0, 0, 20], [9, 9, 9]],
    ),
    EdgeCase(
        "StudentT", StudentT(), flat,
        ("dofs_[1] (1 of 2 dofs) grew without bound",), [[41.5], [1e6]],
    ),
    EdgeCase(
        "VonMisesFisher", VonMisesFisher(), directions,
        ("concentrations_[1] (1 of 2 concentrations) ended at 0",), [[0, 1.0, 0], [0, 0, -1.0]],
        {"fixed": {"directions": [[np.nan] * 3, [0.0, 0.0, 1.0]]}},
    ),
    EdgeCase(
        "ZeroInflated", ZeroInflated(Poisson()), lambda rng: some_zeros(rng, rng.poisson),
        ("zero_probs_[0, 0] (1 of 4 zero_probs) ended at 0",), [[0, 9], [20, 0]],
    ),
    EdgeCase(
        "Hurdle", Hurdle(Gamma()), lambda rng: some_zeros(rng, rng.gamma),
        ("zero_probs_[0, 0] (1 of 4 zero_probs) ended at 0",), [[0, 9.0], [20.0, 0]],
    ),
    EdgeCase(
        "Hurdle-zeros-only", Hurdle(Poisson()),
        lambda rng: some_zeros(rng, rng.poisson) * by_half(1, [0, 1]),
        ("zero_probs_[0, 0] (1 of 4 zero_probs) ended at 0",
         "zero_probs_[1, 0] (1 of 4 zero_probs) ended at 1"),
        [[0, 9], [20, 0]],
    ),
    EdgeCase(
        "FromScipy", FromScipy(stats.gamma, fixed={"loc": 0.0}, bounds={"a": (0.5, 6.0)}),
        lambda rng: by_half(rng.gamma(2, size=(200, 1)), rng.gamma(30, size=(200, 1))),
        ("a_[1, 0] (1 of 2 a) ended at a bound",), [[0.01], [100.0]],
    ),
    EdgeCase(
        "FromLogPDF", FromLogPDF(log_poisson, bounds={"rate": (0, 5)}, support=counts),
        lambda rng: by_half(rng.poisson(1, (200, 1)), rng.poisson(9, (200, 1))),
        ("rate_[1] (1 of 2 rate) ended at a bound",), [[0], [100]],
    ),
    EdgeCase(
        "Product", Product([("answers", Bernoulli(), [0, 1, 2]), ("size", Gaussian(), [3])]),
        lambda rng: np.c_[binary(rng), rng.normal(5.0 * HALF)],
        ("answers__probs_[0, 0] and answers__probs_[1, 2] (2 of 6 probs) ended at 0 or 1",),
        [[1, 0, 0, 2.0], [1, 1, 1, 9.0]],
    ),
    EdgeCase(
        "Components", Components([("few", NegativeBinomial()), ("none", Poisson())]),
        lambda rng: by_half(5 + few_and_even(rng), rng.poisson([0, 5], (200, 2))),
        ("none__rates_[0, 0] of component 1 (1 of 2 rates) ended at 0",), [[1, 3], [2, 0]],
    ),
]  # fmt: skip


@pytest.fixture(params=CASES, ids=lambda edge: edge.name)
def edge(request: pytest.FixtureRequest) -> EdgeCase:
    return request.param


def test_one_sentence_for_each_parameter(edge):
    _, told = edge.fit()
    assert len(told) == len(edge.told)
    for sentence, begin in zip(told, edge.told, strict=True):
        assert sentence.startswith(begin)
        assert len(sentence) < 400


@pytest.mark.parametrize("acceleration", ["lbfgs", None])
def test_what_is_fitted_is_finite(edge, acceleration):
    model, _ = edge.fit(acceleration=acceleration)
    for value in [model.weights_, model.lower_bound_, *model.params_.values()]:
        assert np.isfinite(value).all()
    X = np.asarray(edge.draw(RandomState(0)), dtype=float)
    assert np.isfinite(model.score_samples(X)).all()
    assert np.isfinite([model.bic(X), model.aic(X)]).all()
    new = np.asarray(edge.new, dtype=float)
    assert (model.score_samples(new) < np.inf).all()
    resp = model.predict_proba(np.r_[X, new])
    np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-12)
    assert (resp >= 0).all()


def test_rows_do_not_depend_on_how_they_are_weighed(edge):
    X = np.asarray(edge.draw(RandomState(0)), dtype=float)
    start = np.where(HALF[:, None] == np.arange(2), 0.99, 0.01)
    model = Mixture(edge.law, 2, **edge.options)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(X, start=start, sample_weight=np.full(len(X), 1e-3))
    assert [str(warning.message) for warning in told] == edge.fit()[1]


STREAMED = [edge for edge in CASES if edge.law.goes_on]
each_stream = pytest.mark.parametrize("edge", STREAMED, ids=lambda edge: edge.name)


@each_stream
def test_a_stream_stays_at_an_edge_and_has_said_so(edge):
    model, told = edge.fit()
    at = model.at_edges_
    assert at
    for _ in range(3):
        model.partial_fit(np.asarray(edge.draw(RandomState(0)), dtype=float))
        np.testing.assert_equal(model.at_edges_, at)
        assert model.warnings_ == told


@pytest.mark.parametrize(
    ("edge", "order_by"),
    [(edge, by) for edge in STREAMED for by in (None, "weights") if not (by and edge.options)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_stream_tells_of_an_edge_when_it_gets_there(edge, order_by):
    """Each value once, whatever number its component has meanwhile."""
    X = np.asarray(edge.draw(RandomState(0)), dtype=float)
    start = np.where(HALF[:, None] == np.arange(2), 0.8, 0.2)  # which is within the range
    model = Mixture(
        edge.law,
        2,
        max_iter=1,
        half_life=20.0,
        acceleration=None,
        order_by=order_by,
        **edge.options,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, start=start)
        told_at_first = number_told(model.warnings_)
        for _ in range(60):
            model.partial_fit(X)
    assert all(warning.filename == __file__ for warning in caught)
    in_all = number_told(str(warning.message) for warning in caught)
    assert told_at_first < in_all == number_told(model.warnings_)
    fitted, told = edge.fit()
    assert number_told(told) == number_told(model.warnings_)
    assert model.at_edges_.keys() == fitted.at_edges_.keys()
    for name, at in fitted.at_edges_.items():
        assert at.sum() == model.at_edges_[name].sum()
    if order_by is None:
        assert model.warnings_ == told


def number_told(sentences):
    """How many values at an edge sentences tell of."""
    return sum(int(n) for said in sentences for n in re.findall(r"\((\d+) of \d+ \w+\) ", said))


def test_known_parameters_at_an_edge_are_marked_and_not_told_of():
    model = Mixture.from_params(family=Poisson(), weights=[0.5, 0.5], rates=[[1e-12], [9.0]])
    model.partial_fit(by_half(0, RandomState(0).poisson(9, (200, 1))))
    np.testing.assert_equal(model.at_edges_, {"rates": np.array([[True], [False]])})
    assert model.warnings_[0].startswith("rates_[0, 0] (1 of 2 rates) ended at 0")


def test_usual_parameters_are_at_no_edge(case):
    """Those of the registry, which are far from any."""
    X, _ = case.draw(500)
    law = case.family
    if law.reads_labels:
        law = law.learnt(X)
    law.check_settings()
    side = {"exposure": np.ones(len(X))} if law.takes_exposure else {}
    local = law.localise(X, **side)
    edges = local.at_edges(local.to_local(case.read()), len(X))
    assert not list(sentences(edges, FREE, lambda name: law.places(name, case.n_components)))


def test_a_collapse_names_the_parameter(case):
    told = case.family.collapse
    names = [name.split("__")[-1] for name in case.family.parameters]
    assert not told or any(f"{name}_" in told for name in names)


def test_what_is_held_is_not_told_of():
    held = np.full((2, 3), np.nan)
    held[0, 0] = 1e-12
    answers = next(edge for edge in CASES if edge.name == "Bernoulli")
    _, (told,) = answers.fit(fixed={"probs": held})
    assert told.startswith("probs_[1, 2] (1 of 5 probs) ended at 0 or 1")


def test_what_is_tied_is_told_of_once():
    rng = RandomState(0)
    X = np.c_[rng.normal(5.0 * HALF), np.zeros(200)]
    law = Product([("size", Gaussian(), [0]), ("answer", Bernoulli(), [1])])
    with pytest.warns(UserWarning, match=r"^answer__probs_\[:, 0\] \(1 of 1 probs\) ended"):
        Mixture(law, 2, tied=["answer__probs"], random_state=0).fit(X)


def test_columns_and_categories_have_their_names():
    rng = RandomState(0)
    frame = pd.DataFrame(
        {
            "length": rng.normal(9.0 * HALF),
            "swims": np.where(
                HALF == 0, "never", np.array(["some", "often"])[rng.randint(2, size=200)]
            ),
            "lice": np.where(HALF == 0, 0, rng.poisson(9, size=200)),
        }
    )
    law = Product(
        [("own", Gaussian(), ["length"]), ("c", Categorical(), "swims"), ("n", Poisson(), "lice")]
    )
    start = np.where(HALF[:, None] == np.arange(2), 0.99, 0.01)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Mixture(law, 2).fit(frame, start=start)
    answers, counts = (str(warning.message) for warning in caught)
    named = ["often in component 0", "some in component 0", "never in component 1"]
    found = answers.removeprefix("c__probs of ").split(" (3 of 6 probs) ended at 0")[0]
    assert re.split(", | and ", found) == [f"swims={name}" for name in named]
    assert counts.startswith("n__rates of lice in component 0 (1 of 2 rates) ended at 0")


def test_a_value_of_no_column_has_its_component():
    x = pd.DataFrame({"height": flat(RandomState(0))[:, 0]})
    start = np.where(HALF[:, None] == np.arange(2), 0.99, 0.01)
    with pytest.warns(UserWarning, match=r"^dofs of component 1 \(1 of 2 dofs\) grew"):
        Mixture(StudentT(), 2).fit(x, start=start)
    with pytest.warns(UserWarning, match=r"^dofs \(1 of 1 dofs\) grew"):
        Mixture(StudentT(), 2, tied=["dofs"]).fit(x[100:], start=start[100:])


def test_a_part_is_advised_another_law_and_no_estimator():
    law = Product([("visits", NegativeBinomial(), [0]), ("size", Gaussian(), [1])])
    rng = RandomState(0)
    X = np.c_[400 + rng.randint(3, size=100), rng.normal(size=100)]
    with pytest.warns(UserWarning, match=r"tied=\('visits__sizes',\) or Poisson\(\) would have"):
        Mixture(law, 1).fit(X)


def test_in_general_names_go():
    edge = Edge("probs", np.array([[True], [False]]), "ended at 0.")
    (told,) = sentences([edge], FREE, lambda name: np.arange(2), lambda name, place: "a=b (1)")
    assert told == "probs of a=b (1) in component 0 (1 of 2 probs) ended at 0."
    assert in_general(told) == "some probs ended at 0."
    assert in_general("something else (1 of 2).") == "something else (1 of 2)."


def test_columns_with_holes_keep_their_place():
    X = np.asarray(binary(RandomState(0)), dtype=float)
    X[::7, 1] = np.nan
    start = np.where(HALF[:, None] == np.arange(2), 0.99, 0.01)
    with pytest.warns(UserWarning, match=r"^probs_\[0, 0\] and probs_\[1, 2\] \(2 of 6 probs\)"):
        Mixture(Bernoulli(), 2).fit(X, start=start)


def test_trials_of_rows_count():
    """A probability that many trials show once is no edge."""
    x, trials = np.zeros((100, 1)), np.full(100, 1e12)
    x[0] = 1
    BinomialMixture(1).fit(x, n_trials=trials)
    x[0] = 0
    with pytest.warns(UserWarning, match=r"probs_\[0, 0\] \(1 of 1 probs\) ended at 0"):
        BinomialMixture(1).fit(x, n_trials=trials)


def test_a_count_of_small_exposure_is_no_edge():
    x = np.zeros((100, 1))
    x[0] = 1
    model = Mixture(Poisson(), 1).fit(x, exposure=np.full(100, 1e9))
    assert model.rates_[0, 0] < 1e-10


def test_a_prior_keeps_from_the_edge():
    answers = next(edge for edge in CASES if edge.name == "Bernoulli")
    _, told = answers.fit(prior={"probs": priors.Beta(2, 2)})
    assert told == []


IN_A_PART = [edge for edge in CASES if not edge.options and not isinstance(edge.law, Components)]


@pytest.mark.parametrize("edge", IN_A_PART, ids=lambda edge: edge.name)
def test_what_is_advised_in_a_part_are_names_that_the_whole_takes(edge):
    whole = Product([("own", edge.law, slice(None))])
    model, told = replace(edge, law=whole).fit()
    advised = {name for said in told for name in re.findall(r"[{(]'(\w+)'", said)}
    assert told
    assert advised <= set(model.params_)


def test_a_gaussian_mixture_has_no_edges():
    assert GaussianMixture(2)._make_family().at_edges({}, 100) == []


@pytest.mark.parametrize(
    ("law", "second", "name"),
    [
        (Exponential(), 0.0, "scales_"),
        (Laplace(), 7.0, "scales_"),
        (Gamma(), 7.0, "shapes_"),
        (Weibull(), 7.0, "shapes_"),
        (InverseGaussian(), 7.0, "shapes_"),
        (LogNormal(), 7.0, "covariances_"),
        (Beta(), 0.7, "alphas_"),
        (FromScipy(stats.norm), 7.0, "scale_"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Family) else "",
)
def test_a_collapse_names_component_parameter_and_part(law, second, name):
    rng = RandomState(0)
    first = rng.beta(3, 30, size=(200, 1)) if second < 1 and second else 50 + rng.gamma(2, 9, 200)
    x = by_half(np.reshape(first, (200, 1)), second)
    start = np.where(HALF[:, None] == np.arange(2), 1.0, 0.0)
    with pytest.warns(ConvergenceWarning, match=rf"^components have collapsed \(1\): .*{name}"):
        model = Mixture(law, 2).fit(x, start=start)
    assert all(np.isfinite(value).all() for value in model.params_.values())
    assert not np.isnan(model.score_samples(x)).any()
    both = Product([("size", Gaussian(), [0]), ("own", law, [1])])
    X = np.c_[rng.normal(5.0 * HALF), x]
    with pytest.warns(ConvergenceWarning, match=rf"\(1\): in part 'own', (in|their).*{name}"):
        Mixture(both, 2).fit(X, start=start)


def test_many_values_are_named_by_the_first():
    found = Edge("rates", np.ones((3, 4), dtype=bool), "ended.")
    (told,) = sentences([found], Constraints(), lambda name: np.arange(3))
    first = "rates_[0, 0], rates_[0, 1], rates_[0, 2], rates_[0, 3] and 8 more"
    assert told == f"{first} (12 of 12 rates) ended."


def test_a_negative_binomial_without_counts_has_no_size():
    x = np.c_[np.zeros(50), RandomState(0).negative_binomial(2, 0.1, 50)]
    with pytest.warns(UserWarning, match=r"^means_\[0, 0\] \(1 of 2 means\) ended at 0"):
        NegativeBinomialMixture(1).fit(x)
