"""Laws of counts: size factors, sparse rows, huge counts, and the edge to the Poisson law."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from scipy import sparse, stats
from threadpoolctl import threadpool_limits

from skmixture import GaussianMixture, Mixture, NegativeBinomialMixture, PoissonMixture
from skmixture.engine.coordinates import Coordinates
from skmixture.engine.em import EM
from skmixture.engine.iteration import Stopping, iterate
from skmixture.engine.state import State
from skmixture.families import NegativeBinomial, Poisson
from skmixture.families.negative_binomial.exposures import Nodes
from skmixture.families.negative_binomial.grid import Grid, Tails
from skmixture.families.negative_binomial.moments import sums_at_nodes
from skmixture.law.constraints import FREE, Constraints
from skmixture.table.rows import Rows

MEANS = np.array([[3.0, 40.0, 10.0], [30.0, 5.0, 100.0]])
SIZES = np.array([[1.0, 5.0, 20.0], [3.0, 0.7, 8.0]])
WEIGHTS = np.array([0.4, 0.6])


def known(kind, **options):
    if kind is PoissonMixture:
        return PoissonMixture.from_params(weights=WEIGHTS, rates=MEANS, **options)
    return NegativeBinomialMixture.from_params(weights=WEIGHTS, means=MEANS, sizes=SIZES, **options)


def exposed_rows(kind, n=300, seed=0):
    """Rows of the known mixture under size factors, and these."""
    s = np.random.RandomState(seed).gamma(3, 1 / 3, n)
    X, labels = known(kind).sample(n, random_state=seed, exposure=s)
    return X.astype(float), s, labels


kinds = pytest.mark.parametrize("kind", [PoissonMixture, NegativeBinomialMixture])


# -- exposure -------------------------------------------------------------------


@kinds
def test_exposed_density_equals_scipy(kind):
    X, s, _ = exposed_rows(kind)
    means = s[:, None, None] * MEANS
    if kind is PoissonMixture:
        log_pmf = stats.poisson.logpmf(X[:, None], means)
    else:
        log_pmf = stats.nbinom.logpmf(X[:, None], SIZES, SIZES / (SIZES + means))
    expected = np.log((WEIGHTS * np.exp(log_pmf.sum(axis=-1))).sum(axis=1))
    np.testing.assert_allclose(known(kind).score_samples(X, exposure=s), expected, rtol=1e-10)


@kinds
def test_unit_exposure_is_none(kind):
    X, _, labels = exposed_rows(kind)
    plain = kind(2).fit(X, start=labels)
    unit = kind(2).fit(X, start=labels, exposure=np.ones(len(X)))
    assert unit.score(X, exposure=1) == pytest.approx(plain.score(X), abs=1e-11)
    for name, value in plain.params_.items():
        np.testing.assert_allclose(unit.params_[name], value, rtol=1e-4)


@kinds
def test_a_fit_with_exposure_is_stationary_and_found_again(kind):
    X, s, labels = exposed_rows(kind, n=4000, seed=1)
    model = kind(2, random_state=0).fit(X, start=labels, exposure=s)
    name = "rates" if kind is PoissonMixture else "means"
    np.testing.assert_allclose(model.params_[name], MEANS, rtol=0.1)
    assert model.score(X, exposure=s) > known(kind).score(X, exposure=s)


@kinds
def test_exposure_goes_with_its_row(kind):
    X, s, labels = exposed_rows(kind)
    order = np.random.RandomState(0).permutation(len(X))
    one = kind(2).fit(X, start=labels, exposure=s)
    other = kind(2).fit(X[order], start=labels[order], exposure=s[order])
    np.testing.assert_allclose(
        other.predict_proba(X[order], exposure=s[order]),
        one.predict_proba(X, exposure=s)[order],
        atol=1e-6,
    )
    weight = np.tile([2.0, 1.0, 0.0], 100)
    times = weight.astype(int)
    weighted = kind(2).fit(X, start=labels, exposure=s, sample_weight=weight)
    repeated = kind(2).fit(
        np.repeat(X, times, axis=0), start=np.repeat(labels, times), exposure=np.repeat(s, times)
    )
    assert weighted.score(X, exposure=s) == pytest.approx(repeated.score(X, exposure=s), abs=1e-7)


@kinds
def test_every_method_takes_exposure_and_asks_for_it(kind):
    X, s, labels = exposed_rows(kind, n=60)
    model = kind(2, random_state=0).fit(X, start=labels, exposure=s)
    resp = model.predict_proba(X, exposure=s)
    uses = [
        lambda **e: model.score_samples(X, **e),
        lambda **e: model.score(X, **e),
        lambda **e: model.predict(X, **e),
        lambda **e: model.predict_proba(X, **e),
        lambda **e: model.predict_log_proba(X, **e),
        lambda **e: model.aic(X, **e),
        lambda **e: model.bic(X, **e),
        lambda **e: model.icl(X, **e),
        lambda **e: model.elbo(X, resp, **e),
        lambda **e: model.complete_log_likelihood(X, resp, **e),
        lambda **e: model.cdf(X, **e),
        lambda **e: model.marginal_cdf(X, **e),
        lambda **e: model.sample(60, **e)[0],
        lambda **e: model.sample_latent(X, **e),
    ]
    for use in uses:
        assert np.isfinite(use(exposure=s)).all()
        with pytest.raises(ValueError, match="exposure is missing"):
            use()
    with pytest.raises(ValueError, match="exposure is missing"):
        model.marginal_quantile(0.5)
    assert model.elbo(X, resp, exposure=s) == pytest.approx(60 * model.score(X, exposure=s))
    model.fit(X, start=labels)  # a fit without forgets
    assert np.isfinite(model.score(X))


@kinds
def test_exposed_samples_and_distribution_functions(kind):
    model, s = known(kind), np.full(20_000, 2.5)
    X, labels = model.sample(len(s), random_state=0, exposure=s)
    for k in (0, 1):
        np.testing.assert_allclose(X[labels == k].mean(axis=0), 2.5 * MEANS[k], rtol=0.05)
    points = X[:4].astype(float)
    below = np.array([(X <= point).mean(axis=0) for point in points])
    np.testing.assert_allclose(model.marginal_cdf(points, exposure=s[:4]), below, atol=0.02)
    q = np.array([0.1, 0.5, 0.9])
    quantiles = model.marginal_quantile(q, exposure=2.5)
    at = [model.marginal_cdf(quantiles - shift, exposure=2.5 * np.ones(3)) for shift in (0.0, 1.0)]
    assert (at[0] >= q[:, None]).all()
    assert (at[1] < q[:, None]).all()


def test_bad_exposure():
    X = np.array([[1.0, 7.0], [3.0, 2.0], [9.0, 4.0], [2.0, 8.0], [6.0, 1.0], [5.0, 3.0]])
    for value, message in (
        ([1, 1, 1, 0, 1, 1], "positive, got 0.0 for row 3"),
        ([1, 1, -2, 1, 1, 1], "positive, got -2.0 for row 2"),
        ([1, 1, np.nan, 1, 1, 1], "NaN"),
        ([1, 1, np.inf, 1, 1, 1], "infinity"),
        ([1, 1, 1], "shape"),
        (np.ones((6, 2)), "shape"),
        ("many", "numbers"),
        (-1.0, "positive"),
    ):
        for model in (PoissonMixture(1), NegativeBinomialMixture(1)):
            with pytest.raises(ValueError, match=message):
                model.fit(X, exposure=value)
    for model in (GaussianMixture(1), Mixture()):
        with pytest.raises(ValueError, match="exposure was given, but Gaussian has no size"):
            model.fit(X, exposure=np.ones(6))
        with pytest.raises(ValueError, match="exposure was given"):
            model.fit(X).score_samples(X, exposure=np.ones(6))


# -- sparse rows ------------------------------------------------------------------


def sparse_counts(n=300, d=40, seed=0):
    rng = np.random.RandomState(seed)
    labels = rng.randint(2, size=n)
    means = rng.gamma(0.5, 0.6, size=(2, d))[labels]
    return rng.poisson(means * rng.gamma(2.0, size=(n, d)) / 2.0).astype(float), labels


@kinds
@pytest.mark.parametrize("exposed", [False, True])
@pytest.mark.filterwarnings("ignore:.*grew without bound")
@pytest.mark.filterwarnings("ignore:.*ended at")  # columns without counts in a component
def test_sparse_rows_are_dense_rows(kind, exposed):
    X, labels = sparse_counts()
    side = {"exposure": np.random.RandomState(1).gamma(3, 1 / 3, len(X))} if exposed else {}
    options = dict(tol=1e-8, n_init=2, random_state=0)
    dense = kind(2, **options).fit(X, start=labels, **side)
    for form in (sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
        S = form(X)
        model = kind(2, **options).fit(S, start=labels, **side)
        assert model.score(S, **side) == pytest.approx(dense.score(X, **side), abs=1e-7)
        np.testing.assert_allclose(
            dense.score_samples(S, **side), dense.score_samples(X, **side), rtol=1e-12
        )
        np.testing.assert_array_equal(model.predict(S, **side), dense.predict(X, **side))
        weight = np.arange(1.0, len(X) + 1)
        assert dense.bic(S, sample_weight=weight, **side) == pytest.approx(
            dense.bic(X, sample_weight=weight, **side), rel=1e-12
        )
    drawn = kind(2, **options).fit(sparse.csr_array(X), **side)  # from its own starts
    assert drawn.score(X, **side) > dense.score(X, **side) - 1


@kinds
@pytest.mark.filterwarnings("ignore:.*grew without bound")
@pytest.mark.filterwarnings("ignore:.*ended at")  # columns without counts in a component
def test_untidy_sparse_rows(kind):
    """Zeros that are stored, columns out of order, entries stored in two parts."""
    X, labels = sparse_counts(60, 5)
    rows, columns = np.indices(X.shape)
    half = np.floor(X / 2)
    parts = np.r_[half.ravel(), (X - half).ravel()]
    places = np.r_[rows.ravel(), rows.ravel()], np.r_[columns.ravel(), columns.ravel()]
    untidy = sparse.csr_matrix(sparse.coo_matrix((parts, places), shape=X.shape))
    untidy.has_canonical_format = False
    before = untidy.data.copy()
    model, tidy = (kind(2).fit(table, start=labels) for table in (untidy, X))
    assert model.score(untidy) == pytest.approx(tidy.score(X), abs=1e-9)
    np.testing.assert_array_equal(untidy.data, before)


@kinds
@pytest.mark.filterwarnings("ignore:.*grew without bound", "ignore:.*did not converge")
def test_sparse_rows_stay_sparse(kind):
    """Memory for a fit and a score is a few times that of what is stored.

    On one thread: each one that helps has a block of its own.
    """
    rng = np.random.RandomState(0)
    counts = rng.randint(1, 9, 300_000).astype(float)
    places = rng.randint(0, 10_000, 300_000), rng.randint(0, 1_000, 300_000)
    X = sparse.csr_array((counts, places), shape=(10_000, 1_000))
    with threadpool_limits(1, user_api="blas"):
        tracemalloc.start()
        model = kind(3, n_init=2, max_iter=2, random_state=0).fit(X)
        model.predict(X)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 8 * (X.data.nbytes + X.indices.nbytes)
    assert peak < 0.5 * 8 * X.shape[0] * X.shape[1]


# -- negative binomial: both ways through the rows -------------------------------


def nb_problem(scale, exposed, constraints=FREE):
    X, s, _ = exposed_rows(NegativeBinomialMixture)
    X = np.round(scale * X)
    side = {"exposure": s} if exposed else {}
    law = NegativeBinomial().localise(X, None, **side)
    params = {"means": 1.1 * scale * MEANS[None], "sizes": 0.8 * SIZES[None]}
    for name in constraints.tied:
        params[name] = np.repeat(params[name][:, :1], 2, axis=1)
    return law, Rows(X, side=side), State(WEIGHTS[None, None], params)


ways = pytest.mark.parametrize(("scale", "exposed"), [(1, False), (1, True), (40, True)])
restrictions = pytest.mark.parametrize(
    "constraints", [FREE, *(Constraints({}, frozenset([name])) for name in ("means", "sizes"))]
)


@ways
@restrictions
def test_careful_steps_never_descend(scale, exposed, constraints):
    law, rows, state = nb_problem(scale, exposed, constraints)
    em, last = EM(law.stable(), rows, constraints), -np.inf
    for _ in range(40):
        step = em.step(state)
        assert step.may_descend
        assert step.objective[0] > last - 1e-9
        last, state = step.objective[0], step.careful


@ways
@restrictions
def test_both_ways_end_alike(scale, exposed, constraints):
    law, rows, state = nb_problem(scale, exposed, constraints)
    ends = [
        iterate(EM(kind, rows, constraints), state, Stopping(5000, 1e-13, "remaining"),
                acceleration=name).objective[0]
        for kind in (law, law.stable())
        for name in (None, "lbfgs")
    ]  # fmt: skip
    np.testing.assert_allclose(ends, ends[0], rtol=1e-11)


def test_gradient_with_exposure():
    law, rows, state = nb_problem(1, exposed=True)
    for kind in (law, law.stable()):
        em = EM(kind, rows)
        coordinates = Coordinates(kind, FREE, state)
        gradient, z = em.step(state, coordinates).gradient[0], coordinates.of(state)
        for place in range(coordinates.size):
            ends = []
            for step in (1e-5, -1e-5):
                moved = z.copy()
                moved[0, place] += step
                ends.append(em.log_likelihood(coordinates.state(moved))[0])
            numeric = (ends[0] - ends[1]) / 2e-5
            assert gradient[place] == pytest.approx(numeric, rel=1e-6, abs=1e-4)


def test_large_counts_go_row_by_row():
    small = np.array([[3, 0], [700, 2]])
    assert Grid.of(small.astype(float)) is not None
    assert Grid.of(np.array([[1e7]])) is None
    assert Grid.of(np.array([[2.0**53]])) is None


@pytest.mark.parametrize("kind", [PoissonMixture, NegativeBinomialMixture])
def test_the_largest_counts(kind):
    X = np.array([[0.0], [1.0], [5.0], [2.0**53], [2.0**52], [2.0**53 - 1]])
    model = kind(2, random_state=0, order_by="rates" if kind is PoissonMixture else "means")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    np.testing.assert_array_equal(model.predict(X)[[0, 1, 2, 5]], [0, 0, 0, 1])
    assert np.isfinite(model.marginal_quantile([0.1, 0.9])).all()


# -- the Poisson limit -------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 100])
@pytest.mark.parametrize("exposed", [False, True])
def test_sizes_grow_to_the_poisson_law(scale, exposed):
    """Underdispersed counts: no likelihood above Poisson's, which is reached."""
    rng = np.random.RandomState(0)
    s = rng.gamma(9, 1 / 9, 300) if exposed else np.ones(300)
    X = rng.binomial((2 * scale * 50 * s).astype(int), 0.5)[:, None]
    side = {"exposure": s} if exposed else {}
    with pytest.warns(UserWarning, match=r"sizes_\[0, 0\] .* grew without bound"):
        model = NegativeBinomialMixture(1).fit(X, **side)
    poisson = PoissonMixture(1).fit(X, **side)
    np.testing.assert_allclose(model.means_, poisson.rates_, rtol=1e-6)
    assert model.score(X, **side) == pytest.approx(poisson.score(X, **side), abs=1e-8)
    assert model.score(X, **side) < poisson.score(X, **side) + 1e-12


def test_density_is_smooth_in_the_size():
    X = np.arange(0.0, 400, 7)[:, None]
    poisson = PoissonMixture.from_params(weights=[1], rates=[[120.0]]).score_samples(X)
    for size in 10.0 ** np.arange(4, 25):
        model = NegativeBinomialMixture.from_params(weights=[1], means=[[120.0]], sizes=[[size]])
        first_order = ((X[:, 0] - 120) ** 2 - X[:, 0]) / (2 * size)
        gap = np.abs(model.score_samples(X) - poisson - first_order).max()
        assert gap < 1e7 / size**2 + 1e-11


@pytest.mark.filterwarnings("ignore:.*grew without bound")
@pytest.mark.filterwarnings("ignore:.*ended at")  # the last column has no counts
def test_warning_names_few_sizes_and_no_empty_columns():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.binomial(20, 0.5, (200, 8)), np.zeros((200, 1))])
    words = r"sizes_\[0, 3\] and 4 more \(8 of 9 sizes\) grew"
    with pytest.warns(UserWarning, match=words) as caught:
        model = NegativeBinomialMixture(1).fit(X)
    sizes = next(str(w.message) for w in caught if str(w.message).startswith("sizes_"))
    assert "0, 8]" not in sizes
    assert np.isfinite(model.score(X))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # held sizes are no discovery
        warnings.filterwarnings("ignore", "means_")  # of the last column
        held = {"sizes": np.full((2, 9), 1e14)}
        model = NegativeBinomialMixture(2, fixed=held, n_init=2, random_state=0).fit(X)
    np.testing.assert_array_equal(model.sizes_, held["sizes"])  # beyond the bound of free ones
    assert model.converged_


# -- restrictions --------------------------------------------------------------------


@pytest.mark.parametrize("exposed", [False, True])
def test_sizes_shared_or_held(exposed):
    X, s, labels = exposed_rows(NegativeBinomialMixture, n=500)
    side = {"exposure": s} if exposed else {}
    tied = NegativeBinomialMixture(2, tied=("sizes",)).fit(X, start=labels, **side)
    np.testing.assert_array_equal(tied.sizes_[0], tied.sizes_[1])
    assert tied.n_parameters_ == 1 + 6 + 3
    held = NegativeBinomialMixture(2, fixed={"sizes": SIZES}).fit(X, start=labels, **side)
    np.testing.assert_array_equal(held.sizes_, SIZES)
    free = NegativeBinomialMixture(2).fit(X, start=labels, **side)
    assert free.score(X, **side) > max(tied.score(X, **side), held.score(X, **side))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("exposed", [False, True])
@pytest.mark.filterwarnings("ignore:.*grew without bound")
def test_shared_sizes_where_means_lie_apart(exposed, seed):
    """Components hundreds of times as large as others still take one step together."""
    rng = np.random.RandomState(seed)
    s = rng.gamma(4, 0.25, 100) if exposed else np.ones(100)
    means = 10 ** rng.uniform(0, 2, 4)[rng.randint(4, size=100)] * s
    X = rng.poisson(rng.gamma(2, size=100) / 2 * means)[:, None]
    side = {"exposure": s} if exposed else {}
    model = NegativeBinomialMixture(4, n_init=5, tied=("sizes",), random_state=0).fit(X, **side)
    assert np.ptp(model.sizes_) == 0


def test_an_extrapolation_stays_within_the_bounds():
    """A component that is all but zeros drives its size down to where sizes end."""
    X = np.array([0.0] * 60 + [1, 2, 900, 4000])[:, None]
    ends = [
        NegativeBinomialMixture(1, acceleration=name).fit(X).score(X)
        for name in (None, "lbfgs", "anderson", "squarem")
    ]
    np.testing.assert_allclose(ends, ends[0], rtol=1e-12)
    law = NegativeBinomial().localise(X)
    beyond = {"means": np.array([[[1e-250]]]), "sizes": np.array([[[1e-9]]])}
    inside = law.confine(beyond)
    assert inside["means"][0, 0, 0] == 1e-200
    assert inside["sizes"][0, 0, 0] == 1e-8


def test_one_component_as_a_scipy_distribution_near_the_poisson_law():
    x = np.random.RandomState(0).poisson(1e5, (300, 1))
    with pytest.warns(UserWarning, match="grew without bound"):
        model = NegativeBinomialMixture(1).fit(x)
    law = model.component_distribution(0)
    assert law.logpmf(x[:, 0]).mean() == pytest.approx(model.score(x), rel=1e-12)
    assert law.cdf(1e5) == pytest.approx(model.cdf([[1e5]])[0])
    assert abs(law.rvs(1000, random_state=0).mean() - law.mean()) < 5 * law.std() / np.sqrt(1000)


def test_the_bound_of_a_size_honours_weights():
    X, weight = np.array([[3.0], [4.0], [5.0]]), np.array([50.0, 1.0, 1.0])
    with pytest.warns(UserWarning, match="grew without bound"):
        weighted = NegativeBinomialMixture(1).fit(X, sample_weight=weight)
    with pytest.warns(UserWarning, match="grew without bound"):
        repeated = NegativeBinomialMixture(1).fit(np.repeat(X, weight.astype(int), axis=0))
    np.testing.assert_allclose(weighted.sizes_, repeated.sizes_, rtol=1e-12)


@pytest.mark.parametrize("spread", [0.0, 1.5, 20.0])
def test_exposures_at_nodes_and_at_rows(spread):
    """Interpolated between few nodes, or worked out at every value: the same sums."""
    s = np.exp(np.random.RandomState(0).uniform(-spread, spread, 400))
    nodes, each = Nodes.of(s), Nodes(np.unique(s), interpolates=False)
    assert (len(nodes.values) < 60) == (spread < 20)
    resp = np.random.RandomState(1).dirichlet(np.ones(2), size=400).T[None]
    ratio = np.array([[[0.01, 3.0], [1e-9, 1e4]]])
    one, other = (
        sums_at_nodes(kind.values, ratio, kind.mass(resp, kind.shares(s))) for kind in (nodes, each)
    )
    for name, value in other.items():
        np.testing.assert_allclose(one[name], value, rtol=1e-10)


def test_poisson_family_under_mixture():
    X, s, labels = exposed_rows(PoissonMixture)
    one = Mixture(Poisson(), 2).fit(X, start=labels, exposure=s)
    other = PoissonMixture(2).fit(X, start=labels, exposure=s)
    np.testing.assert_allclose(one.rates_, other.rates_)
    burst = Mixture(NegativeBinomial(), 2).fit(exposed_rows(NegativeBinomialMixture)[0])
    np.testing.assert_allclose(burst.burst_sizes_, burst.means_ / burst.sizes_)


def test_sums_that_are_wanted_at_some_places_are_those_of_all():
    rng = np.random.RandomState(0)
    grid = Grid(rng.randint(3, 300, 20))
    tails = Tails(grid, rng.uniform(size=(2, 3, grid.n_cells)))
    dispersions = rng.gamma(1.0, size=(2, 3, 20))
    wanted = rng.uniform(size=dispersions.shape) < 0.2
    some = tails.bend_and_slope(dispersions, wanted)
    for own, whole in zip(some, tails.bend_and_slope(dispersions), strict=True):
        np.testing.assert_allclose(own, np.where(wanted, whole, 0.0), rtol=1e-13)
