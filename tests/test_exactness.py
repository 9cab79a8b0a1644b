"""The Gaussian mixture against densities and EM steps in forty digits.

Every reference reads the same doubles as the code under test, so what is
compared is the arithmetic alone. Data are far from 0, tiny, huge, of
components a million times narrower than others, nearly collinear, or wide.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
from numpy.random import RandomState
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skmixture import GaussianMixture

TYPES = ("full", "tied", "diag", "spherical")
MATRICES = ("full", "tied")
EPS = np.finfo(float).eps
EPS_SINGLE = float(np.finfo(np.float32).eps)
# What the mean log-likelihood per row may be off by after many iterations: products of columns
# serve while they give a log density to 1e-10 (docs/numerics.md), and an error of one iteration is
# carried into the next.
FIT = 1e-9


# -- the reference -----------------------------------------------------------

DIGITS = mpmath.MPContext()
DIGITS.dps = 40
exact = np.frompyfunc(DIGITS.mpf, 1, 1)
exp, log, sqrt = (np.frompyfunc(f, 1, 1) for f in (DIGITS.exp, DIGITS.log, DIGITS.sqrt))


def of(values):
    """An array of the same numbers, with forty digits."""
    values = np.asarray(values)
    return values if values.dtype == object else exact(values.astype(float))


def cholesky(matrix):
    lower = np.full(matrix.shape, DIGITS.mpf(0))
    for j in range(len(matrix)):
        column = matrix[j:, j] - lower[j:, :j] @ lower[j, :j]
        lower[j:, j] = column / DIGITS.sqrt(column[0])
    return lower


def precision_factor(matrix):
    """Upper triangular U with U U' the inverse."""
    lower, columns = cholesky(matrix), of(np.eye(len(matrix)))
    for j in range(len(matrix)):
        columns[j] = (columns[j] - lower[j, :j] @ columns[:j]) / lower[j, j]
    return columns.T


class Mixture(NamedTuple):
    """Weights, means, and factors of the precisions: U, or its diagonal alone."""

    weights: np.ndarray
    means: np.ndarray
    factors: list[np.ndarray]

    @classmethod
    def of(cls, covariance_type, weights, means, covariances):
        K, d = np.shape(means)
        if covariance_type in MATRICES:
            different = [covariances] if covariance_type == "tied" else covariances
            factors = [precision_factor(of(matrix)) for matrix in different]
        else:
            variances = np.broadcast_to(np.reshape(covariances, (K, -1)), (K, d))
            factors = list(1 / sqrt(of(variances)))
        return cls(of(weights), of(means), factors * (K // len(factors)))

    @classmethod
    def published(cls, model):
        return cls.of(model.covariance_type, model.weights_, model.means_, model.covariances_)

    def white(self, X, k):
        factor, centred = self.factors[k], of(X) - self.means[k]
        return centred * factor if factor.ndim == 1 else centred @ factor

    def log_det(self, k):
        factor = self.factors[k]
        return log(factor if factor.ndim == 1 else np.diagonal(factor))

    def log_joint(self, X):
        """Log of weight times density (n, K)."""
        base = DIGITS.log(2 * DIGITS.pi) * X.shape[1] / 2
        columns = []
        for k, weight in enumerate(self.weights):
            constant = DIGITS.log(weight) + self.log_det(k).sum() - base
            columns.append(constant - (self.white(X, k) ** 2).sum(axis=1) / 2)
        return np.stack(columns, axis=1)


def e_step(mixture, X):
    """Log densities of the rows, and log responsibilities."""
    log_joint = mixture.log_joint(X)
    top = log_joint.max(axis=1)
    log_density = top + log(exp(log_joint - top[:, None]).sum(axis=1))
    return log_density, log_joint - log_density[:, None]


def m_step(resp, X, covariance_type):
    """Weights, means and covariances as an estimator publishes them."""
    n, d, X = resp.sum(axis=0), X.shape[1], of(X)
    means = (resp.T @ X) / n[:, None]
    centred = [X - mean for mean in means]
    if covariance_type in MATRICES:
        pairs = zip(resp.T, centred, strict=True)
        scatter = np.stack([(r[:, None] * x).T @ x for r, x in pairs])
    else:
        scatter = np.stack([r @ x**2 for r, x in zip(resp.T, centred, strict=True)])
    covariances = {
        "full": lambda: scatter / n[:, None, None],
        "tied": lambda: scatter.sum(axis=0) / n.sum(),
        "diag": lambda: scatter / n[:, None],
        "spherical": lambda: scatter.sum(axis=1) / (n * d),
    }[covariance_type]()
    return n / n.sum(), means, covariances


# -- comparing ---------------------------------------------------------------


def assert_within(actual, reference, allowed):
    """Each entry as near as it is allowed to be."""
    error = np.asarray(np.abs(of(actual) - reference), dtype=float)
    ratio = error / np.broadcast_to(allowed, error.shape)
    worst = np.unravel_index(np.argmax(ratio), ratio.shape)
    assert ratio[worst] <= 1, f"off by {error[worst]:.3g} at {worst}, {ratio[worst]:.3g} times"


def deviations(covariances, covariance_type, K, d):
    """Standard deviations (K, d) of the columns."""
    if covariance_type in MATRICES:
        covariances = np.diagonal(covariances, axis1=-2, axis2=-1)
    elif covariance_type == "spherical":
        covariances = covariances[:, None]
    return np.broadcast_to(sqrt(covariances), (K, d)).astype(float)


def step_error(X, start, resp, landed):
    """What one step may be off by, in log densities and in units of standard deviations.

    With m the largest distances of rows from their centre, by column, products of
    columns lose EPS r^2, r^2 = m' |P| m with P a precision (diagonal where entries of a
    covariance are compared, each in its own units): of log densities there are
    two in each responsibility, and means and covariances are quotients of two averages of
    it, so four times as much. Only while EPS r^2 is below 1e-10 may this be. Beyond, rows
    can be read about each mean, and what is lost is EPS r: half of it in centring
    a row, half in centring a mean, about a point that all components share.

    What a covariance costs where its factor is computed comes on top.
    """
    m = np.abs(X - X.mean(axis=0, dtype=float)).max(axis=0)
    squares = [((m / deviation) ** 2).sum() for deviation in landed]
    for factor in start.factors:
        factor = factor.astype(float)
        precision = np.diag(factor**2) if factor.ndim == 1 else factor @ factor.T
        squares.append(m @ np.abs(precision) @ m)
    square = max(squares)
    of_rows = min(4 * EPS * square, max(4e-10, EPS * np.sqrt(square)))
    return of_rows + (resp.astype(float) * density_errors(start, X)).sum(axis=1).mean()


def assert_parameters(model, parameters, allowed, eps=EPS):
    """Weights, means and covariances, in units of standard deviations.

    Means are rounded where they stand; `eps` is that of the numbers that all is published in.
    """
    weights, means, covariances = parameters
    deviation = deviations(covariances, model.covariance_type, *means.shape)
    place = np.abs(means.astype(float)) / deviation
    assert_within(model.weights_, weights, allowed + eps)
    error = (of(model.means_) - means) / deviation
    assert_within(error, 0 * means, allowed + eps * place)
    unit = {
        "full": deviation[:, :, None] * deviation[:, None],
        "tied": np.outer(deviation[0], deviation[0]),
        "diag": deviation**2,
        "spherical": deviation[:, 0] ** 2,
    }[model.covariance_type]
    error = (of(model.covariances_) - covariances) / unit
    assert_within(error, 0 * covariances, allowed + eps)


def condition(factor):
    """Norm of the inverse correlation matrix whose precision has this factor."""
    deviation = np.sqrt((np.linalg.inv(factor) ** 2).sum(axis=0))
    return np.linalg.norm(deviation[:, None] * factor, 2) ** 2


def density_errors(mixture, X, exact_factor=False):
    """What the log of weight times density (n, K) may be off by.

    Cholesky's method factorises a matrix that differs from the covariance, in
    units of standard deviations, by (d + 1) u in each entry, u being half an ulp
    (Higham 2002, theorem 10.5). Roundings of either sign add up as the root of
    their number (Higham and Mary 2019), so the difference has a norm of (sqrt(d) +
    1) u sqrt(d). With R the correlation matrix and q the squared distance of a row,
    it moves q by |R^-1| times that, relatively, and twice the log determinant by
    d |R^-1| times that. A part u |R^-1| of this no method can avoid that starts
    from a covariance in doubles: so much hangs on its last digit. Where the
    factor is exact the whole falls away.

    Then a row is centred and multiplied by the factor: each whitened coordinate
    of w = U' z gathers (sqrt(d) + 10) u |U'| |z|, with a few roundings for squares,
    roots and logarithms.
    """
    n, d = X.shape
    allowed = np.empty((n, len(mixture.weights)))
    u, root = EPS / 2, np.sqrt(d)
    for k, factor in enumerate(mixture.factors):
        z = (of(X) - mixture.means[k]).astype(float)
        U = np.diag(factor.astype(float)) if factor.ndim == 1 else factor.astype(float)
        white = z @ U
        q = (white**2).sum(axis=1)
        of_matrix = 0.0 if exact_factor else (root + 1) * root * condition(U) * (d + q) / 2
        logs = np.abs(mixture.log_det(k)).sum() + abs(DIGITS.log(mixture.weights[k])) + d
        product = (np.abs(white) * (np.abs(z) @ np.abs(U))).sum(axis=1) + float(logs)
        allowed[:, k] = u * (of_matrix + (root + 10) * product)
    return allowed


def assert_scores(model, mixture, X, exact_factor=False, eps=0.0):
    """Log densities and responsibilities; an error of each log joint moves both."""
    log_density, log_resp = e_step(mixture, X)
    resp = exp(log_resp)
    joint = density_errors(mixture, X, exact_factor)
    total = (resp.astype(float) * joint).sum(axis=1)
    log_allowed = joint + total[:, None] + (eps + EPS) * np.abs(log_resp.astype(float))
    assert_within(
        model.score_samples(X), log_density, total + eps * np.abs(log_density.astype(float))
    )
    assert_within(model.predict_log_proba(X), log_resp, log_allowed)
    # a responsibility p is off by p times the error of its logarithm, and by the two or three ulps
    # of numpy's exponential in single precision; below 1e-300 it is 0
    relative = np.minimum(log_allowed, 1) + 2 * eps
    assert_within(model.predict_proba(X), resp, resp.astype(float) * relative + 1e-300)
    mean = log_density.mean()
    assert_within(model.score(X), mean, total.mean() + 2 * (eps + EPS) * abs(float(mean)))


# -- densities at given parameters -------------------------------------------


class Setting(NamedTuple):
    """Where and how large the data are."""

    d: int = 2
    offset: float = 0.0
    scale: float = 1.0
    ratio: float = 1.0  # of the narrowest component to the others
    apart: float = 0.0  # 1 less the correlation of all columns, 0 for a moderate one
    n: int = 40


SETTINGS = {
    "plain": Setting(),
    "offset 1e8": Setting(offset=1e8),
    "scale 1e-8": Setting(scale=1e-8),
    "scale 1e8": Setting(scale=1e8),
    "offset and scale": Setting(offset=1e8, scale=1e4),
    "one narrow": Setting(ratio=1e-6),
    "collinear": Setting(d=3, apart=1e-10),
    "d=30": Setting(d=30, n=90),
    "d=60": Setting(d=60, n=140),
}


def sensible(setting, covariance_type):
    """One covariance for all has no narrow component, and variances no correlation."""
    return not (setting.ratio != 1 and covariance_type == "tied") and not (
        setting.apart and covariance_type not in MATRICES
    )


BOTH = [
    pytest.param(setting, covariance_type, id=f"{name}-{covariance_type}")
    for name, setting in SETTINGS.items()
    for covariance_type in TYPES
    if sensible(setting, covariance_type)
]

# far from 0 published means are not those that an iteration goes on from: they are rounded
NEAR = [param for param in BOTH if param.values[0].offset == 0]
SMALL = [param for param in BOTH if param.values[0].d < 3]
WIDE = [param for param in BOTH if param.values[0].d == 30]
MANY = 100_001  # numbers in a table that is read in several pieces, the last of them shorter


def correlated(rng, setting):
    """A covariance of moderate condition, or with all columns nearly the same."""
    d, apart = setting.d, setting.apart
    if apart:
        return (1 - apart) * np.ones((d, d)) + apart * np.eye(d)
    rows = rng.normal(size=(3 * d, d))
    return rows.T @ rows / len(rows)


def parameters(setting, covariance_type, rng):
    """Weights, means and covariances as an estimator publishes them, and matrices (2, d, d)."""
    sizes = setting.scale * np.array([1.0, 0.7 * setting.ratio])
    matrices = np.stack([size**2 * correlated(rng, setting) for size in sizes])
    # from far away products of nearly collinear columns cancel altogether
    far = 100.0 if setting.apart else 1.0
    means = setting.offset + setting.scale * far * rng.normal(size=(2, setting.d))
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    covariances = {
        "full": matrices,
        "tied": matrices[0],
        "diag": variances,
        "spherical": variances.mean(axis=1),
    }[covariance_type]
    return np.array([0.4, 0.6]), means, covariances, matrices


def rows_near(means, matrices, n, rng):
    """Rows of each component, and one far from both."""
    rows = [rng.multivariate_normal(m, C, n) for m, C in zip(means, matrices, strict=True)]
    far = means[:1] + 50 * np.sqrt(matrices[0].diagonal())
    return np.vstack([*rows, far])


@pytest.mark.parametrize(("setting", "covariance_type"), BOTH)
def test_densities(setting, covariance_type):
    rng = RandomState(0)
    weights, means, covariances, matrices = parameters(setting, covariance_type, rng)
    X = rows_near(means, matrices, 8, rng)
    model = GaussianMixture.from_params(
        weights=weights, means=means, covariances=covariances, covariance_type=covariance_type
    )
    np.testing.assert_array_equal(model.covariances_, covariances)
    assert_scores(model, Mixture.published(model), X)


@pytest.mark.parametrize("covariance_type", MATRICES)
def test_collinear_columns_of_an_exact_factor(covariance_type):
    """Where Cholesky's method rounds nothing, a correlation of 1 - 1e-10 costs but its root."""
    lower = np.array([[1, 0, 0], [1, 2.0**-16, 0], [1, 0, 2.0**-16]])
    rng = RandomState(1)
    means = 100 * rng.normal(size=(2, 3))
    X = np.vstack([mean + rng.normal(size=(10, 3)) @ lower.T for mean in means])
    matrix = lower @ lower.T
    model = GaussianMixture.from_params(
        weights=[0.4, 0.6],
        means=means,
        covariances=matrix if covariance_type == "tied" else np.stack([matrix, 4 * matrix]),
        covariance_type=covariance_type,
    )
    mixture = Mixture.published(model)
    assert density_errors(mixture, X, exact_factor=True).min(axis=1).max() < 1e-8
    assert_scores(model, mixture, X, exact_factor=True)


# -- one step, and many ------------------------------------------------------


def data(setting, rng):
    """Rows of two groups that overlap, and means and variances to start from."""
    d, sizes = setting.d, np.array([1.0, setting.ratio])
    unit = 2 / np.sqrt(d)  # as many standard deviations apart in any number of columns
    means = unit * (np.array([[-0.5], [0.5]]) + 0.1 * rng.normal(size=d))
    groups = [
        rng.multivariate_normal(mean, size**2 * correlated(rng, setting), setting.n // 2)
        for mean, size in zip(means, sizes, strict=True)
    ]
    X = setting.offset + setting.scale * np.vstack(groups)
    start = means + 0.3 * unit * sizes[:, None] * rng.normal(size=(2, d))
    deviation = 1.5 * setting.scale * sizes[:, None]
    variances = deviation**2 * rng.uniform(0.8, 1.2, (2, d))
    return X, setting.offset + setting.scale * start, variances


def precisions(variances, covariance_type):
    inverse = 1 / variances
    return {
        "full": inverse[:, :, None] * np.eye(variances.shape[1]),
        "tied": np.diag(inverse[0]),
        "diag": inverse,
        "spherical": inverse[:, 0],
    }[covariance_type]


def start_of(means, variances, covariance_type):
    """Options of the estimator, and the same start as a reference."""
    weights = np.array([0.4, 0.6])
    shaped = precisions(variances, covariance_type)
    options = dict(weights_init=weights, means_init=means, precisions_init=shaped)
    diagonals = {
        "full": lambda: np.diagonal(shaped, axis1=1, axis2=2),
        "tied": lambda: np.broadcast_to(np.diagonal(shaped), means.shape),
        "diag": lambda: shaped,
        "spherical": lambda: np.broadcast_to(shaped[:, None], means.shape),
    }[covariance_type]()
    return options, Mixture(of(weights), of(means), list(sqrt(of(diagonals))))


def iterated(X, n_iter, covariance_type, options, sample_weight=None):
    """Exactly so many iterations of maximum likelihood."""
    model = GaussianMixture(
        2, covariance_type=covariance_type, max_iter=n_iter, tol=0, reg_covar=0, **options
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, sample_weight=sample_weight)
    assert model.n_iter_ == n_iter
    assert not model.dropped_starts_
    return model


def assert_one_step(model, start, X, eps=EPS, copies=1):
    """The last iteration of a fit, which went from `start`, to so many copies of each row."""
    log_density, log_resp = e_step(start, X)
    resp, copies = exp(log_resp), np.broadcast_to(copies, len(X))
    parameters = m_step(resp * copies[:, None], X, model.covariance_type)
    landed = deviations(parameters[-1], model.covariance_type, *start.means.shape)
    # roundings of a sum add up as the root of their number
    allowed = step_error(X, start, resp, landed) + EPS * np.sqrt(copies.sum())
    assert_within(model.lower_bounds_[-1], (copies * log_density).sum() / copies.sum(), allowed)
    assert_parameters(model, parameters, allowed, eps)


@pytest.mark.parametrize(("setting", "covariance_type"), BOTH)
def test_one_iteration(setting, covariance_type):
    X, means, variances = data(setting, RandomState(2))
    options, start = start_of(means, variances, covariance_type)
    model = iterated(X, 1, covariance_type, options)
    assert model.lower_bound_ == model.lower_bounds_[-1]
    assert_one_step(model, start, X)


@pytest.mark.parametrize(("setting", "covariance_type"), [*SMALL, *WIDE])
def test_many_rows(setting, covariance_type):
    """Copies of few rows are as good as any for sums over many, in no order or by weights."""
    X, means, variances = data(setting, RandomState(11))
    rng = RandomState(12)
    drawn = np.append(rng.randint(0, len(X), MANY // setting.d), np.arange(len(X)))
    copies = np.bincount(drawn)
    options, start = start_of(means, variances, covariance_type)
    model = iterated(X[drawn], 1, covariance_type, options)
    assert_one_step(model, start, X, copies=copies)
    model = iterated(X, 1, covariance_type, options, sample_weight=copies)
    assert_one_step(model, start, X, copies=copies)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_single_precision(covariance_type, offset):
    """Read as the doubles that they are, and rounded only where published.

    Squares of such rows in single precision would keep no digit of a variance.
    """
    X, means, variances = data(Setting(d=3, offset=offset), RandomState(3))
    X = X.astype(np.float32)
    options, start = start_of(means, variances, covariance_type)
    model = iterated(X, 1, covariance_type, options)
    assert_one_step(model, start, X, EPS_SINGLE)
    # what scores is the factor, which is rounded apart from the covariance
    factors = of(model.precisions_cholesky_)
    if covariance_type == "tied":
        factors = np.stack([factors, factors])
    elif covariance_type == "spherical":
        factors = np.stack([factors] * X.shape[1], axis=1)
    fitted = Mixture(of(model.weights_), of(model.means_), list(factors))
    assert_scores(model, fitted, X, exact_factor=True, eps=EPS_SINGLE)
    assert model.score_samples(X).dtype == model.predict_proba(X).dtype == np.float32


@pytest.mark.parametrize(("setting", "covariance_type"), BOTH)
def test_densities_of_a_fit(setting, covariance_type):
    if setting.d > 3:
        setting = setting._replace(n=2 * setting.n)
    X, means, variances = data(setting, RandomState(4))
    options, _ = start_of(means, variances, covariance_type)
    model = iterated(X, 3, covariance_type, options)
    assert_scores(model, Mixture.published(model), X[:: len(X) // 12])


def fits_of(X, n_iter, covariance_type, options):
    """The same fit stopped after 1, 2, ... iterations."""
    models = [iterated(X, n, covariance_type, options) for n in range(1, n_iter + 1)]
    for model in models:
        np.testing.assert_array_equal(
            model.lower_bounds_, models[-1].lower_bounds_[: model.n_iter_]
        )
    return models


@pytest.mark.parametrize(("setting", "covariance_type"), NEAR)
def test_log_likelihood_at_the_parameters_reached(setting, covariance_type):
    X, means, variances = data(setting, RandomState(5))
    options, _ = start_of(means, variances, covariance_type)
    models = fits_of(X, 4 if setting.d < 30 else 2, covariance_type, options)
    for reached, value in zip(models, models[-1].lower_bounds_[1:], strict=False):
        mixture = Mixture.published(reached)
        log_density, log_resp = e_step(mixture, X)
        allowed = step_error(X, mixture, exp(log_resp), [])
        assert_within(value, log_density.mean(), allowed)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
@pytest.mark.parametrize("ratio", [5e-3, 1e-3, 3e-4, 1e-5])
def test_steps_to_a_narrow_component(covariance_type, ratio):
    """It begins wide, where products of columns have digits to spare, and ends where they do not.

    In between a step may land where the sums that it took have lost their digits.
    """
    X, means, _ = data(Setting(ratio=ratio, n=80), RandomState(6))
    variances = np.array([[2.0, 1.5], [3e-3, 2e-3]])
    options, start = start_of(means, variances, covariance_type)
    models = fits_of(X, 6, covariance_type, options)
    starts = [start, *map(Mixture.published, models)]
    for model, before in zip(models, starts, strict=False):
        assert_one_step(model, before, X)
    narrow = deviations(of(models[-1].covariances_), covariance_type, 2, 2)[1].max()
    assert narrow < 2 * ratio


@pytest.mark.parametrize(("setting", "covariance_type"), SMALL)
def test_path_of_many_iterations(setting, covariance_type):
    X, means, variances = data(setting._replace(n=24), RandomState(7))
    options, mixture = start_of(means, variances, covariance_type)
    model = iterated(X, 10, covariance_type, options)
    for value in model.lower_bounds_:
        log_density, log_resp = e_step(mixture, X)
        assert_within(value, log_density.mean(), FIT)
        mixture = Mixture.of(covariance_type, *m_step(exp(log_resp), X, covariance_type))


# -- transformed data --------------------------------------------------------


def groups(n, d, K, rng, narrowest=1.0):
    sizes = np.linspace(1, 2, K)
    sizes[-1] *= narrowest
    shapes = rng.normal(size=(K, d, d)) / np.sqrt(d)
    centres = 2.5 * rng.normal(size=(K, d))
    rows = [
        c + s * rng.normal(size=(n // K, d)) @ A
        for c, s, A in zip(centres, sizes, shapes, strict=True)
    ]
    return rng.permutation(np.vstack(rows))


def converged(X, covariance_type, reg_covar=0.0):
    model = GaussianMixture(
        3,
        covariance_type=covariance_type,
        tol=1e-8,
        reg_covar=reg_covar,
        max_iter=1000,
        random_state=0,
    ).fit(X)
    assert model.converged_
    return model


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("scale", [2.0**27, 2.0**-27])
def test_a_scale_that_is_a_power_of_two_rounds_nothing(covariance_type, scale):
    X = groups(300, 3, 3, RandomState(8))
    plain = converged(X, covariance_type, 2.0**-20)
    scaled = converged(X * scale, covariance_type, 2.0**-20 * scale**2)
    assert scaled.n_iter_ == plain.n_iter_
    np.testing.assert_array_equal(scaled.weights_, plain.weights_)
    np.testing.assert_array_equal(scaled.means_, plain.means_ * scale)
    np.testing.assert_array_equal(scaled.covariances_, plain.covariances_ * scale**2)
    moved = plain.lower_bounds_ - 3 * np.log(scale)
    np.testing.assert_allclose(scaled.lower_bounds_, moved, rtol=0, atol=1e-12)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(
    ("offset", "scale"), [(1e8, 1.0), (0.0, 1e8), (0.0, 1e-8), (1e8, 100.0), (-1e8, 0.5)]
)
def test_transformed_data_have_the_transformed_fit(covariance_type, offset, scale):
    X = np.round(groups(600, 3, 3, RandomState(8)) * 2.0**20) / 2.0**20  # exact at the offset too
    plain, moved = converged(X, covariance_type), converged(offset + scale * X, covariance_type)
    assert moved.n_iter_ == plain.n_iter_
    K, d = plain.means_.shape
    deviation = deviations(of(plain.covariances_), covariance_type, K, d)
    np.testing.assert_allclose(moved.weights_, plain.weights_, rtol=0, atol=FIT)
    of_means = (of(moved.means_) - of(offset)) / of(scale) - of(plain.means_)
    assert_within(of_means / deviation, 0 * of_means, FIT + EPS * abs(offset) / scale / deviation)
    np.testing.assert_allclose(moved.covariances_ / scale**2, plain.covariances_, FIT, FIT)
    np.testing.assert_allclose(
        moved.lower_bounds_ + d * np.log(scale), plain.lower_bounds_, rtol=0, atol=FIT
    )


# -- threads -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("covariance_type", "narrowest"), [*((name, 1.0) for name in TYPES), ("full", 1e-5)]
)
def test_number_of_threads_does_not_matter(covariance_type, narrowest):
    X = groups(30_000, 5, 4, RandomState(10), narrowest)
    models = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = GaussianMixture(
                4, covariance_type=covariance_type, tol=0, reg_covar=0, max_iter=10, random_state=0
            )
            models.append(model.fit(X))
    one, two = models
    for name in ("weights_", "means_", "covariances_", "lower_bounds_"):
        expected = getattr(one, name)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(getattr(two, name), expected, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("unit", [1e-9, 1e6, 1e9])
def test_laws_of_components_do_not_depend_on_units(rng, unit):
    """scipy's own test takes columns of very different units for singular."""
    X = rng.normal(size=(60, 2)) @ [[1.0, 0.5], [0.0, 1.0]]
    scaled = X * [unit, 1.0]
    model = GaussianMixture(1, reg_covar=0.0).fit(X)
    other = GaussianMixture(1, reg_covar=0.0).fit(scaled)
    law = other.component_distribution(0)
    np.testing.assert_allclose(law.logpdf(scaled), other.score_samples(scaled), rtol=1e-9)
    np.testing.assert_allclose(other.cdf(scaled), model.cdf(X), atol=1e-7)
    np.testing.assert_allclose(law.cov, other.covariances_[0], rtol=1e-9)
