"""Cases of laws of trials, of choices and of waiting for success."""

from __future__ import annotations

from itertools import product

import numpy as np
from cases import Case
from scipy import stats

from skmixture.families import (
    Bernoulli,
    BetaBinomial,
    Binomial,
    Categorical,
    DirichletMultinomial,
    Geometric,
    Multinomial,
)


def ends(*most):
    """Rows moved to the ends of their columns, 0 and the number of trials."""
    return lambda X: np.where(X > np.median(X, axis=0), most, 0.0)


def summed(law, X):
    """Log probabilities of independent columns."""
    return law.logpmf(X).sum(axis=1)


def single(law, X):
    """Log probabilities of the only column."""
    return law.logpmf(X[:, 0])


def rows_of_sum(total, d):
    """All rows of d counts with a given sum."""
    rows = [row for row in product(range(total + 1), repeat=d) if sum(row) == total]
    return np.array(rows, dtype=float)


SHARES = np.array([[0.1, 0.5, 0.3], [0.7, 0.2, 0.9], [0.4, 0.85, 0.6]])
ANSWERS = np.array(
    [
        [0.95, 0.9, 0.97, 0.8, 0.9, 0.95],
        [0.1, 0.05, 0.9, 0.15, 0.08, 0.9],
        [0.05, 0.9, 0.1, 0.9, 0.05, 0.03],
    ]
)
CHANCES = np.array([[0.5, 0.02, 0.2], [0.03, 0.4, 0.8], [0.1, 0.15, 0.005]])
PARTS = np.array([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
A, B, C = [0.85, 0.1, 0.05], [0.1, 0.15, 0.75], [0.06, 0.9, 0.04]
CHOICES = np.array([[A, A, B, A, C], [B, C, A, B, B], [C, B, C, C, A]])
ALPHAS = np.array([[1.0, 6.0, 3.0], [9.0, 2.0, 8.0], [3.0, 12.0, 0.7]])
BETAS = np.array([[6.0, 5.0, 9.0], [3.0, 9.0, 1.5], [3.5, 2.0, 0.9]])
CONCENTRATIONS = np.array([[2.0, 5.0, 1.0], [12.0, 2.0, 0.6], [0.8, 0.9, 9.0]])

CASES = [
    Case(
        "Binomial",
        Binomial(30),
        {"probs": [[0.1], [0.45], [0.9]]},
        lambda k: stats.binom(30, [0.1, 0.45, 0.9][k]),
        single,
        far=ends(30),
        points=np.arange(31.0)[:, None],
        top=30,
    ),
    Case(
        "Binomial-columns",
        Binomial([20, 40, 15]),
        {"probs": SHARES},
        lambda k: stats.binom([20, 40, 15], SHARES[k]),
        summed,
        far=ends(20, 40, 15),
        top=[20, 40, 15],
    ),
    Case(
        "Bernoulli",
        Bernoulli(),
        {"probs": ANSWERS},
        lambda k: stats.bernoulli(ANSWERS[k]),
        summed,
        far=ends(1),
        points=np.array(list(product([0.0, 1.0], repeat=6))),
        top=1,
    ),
    Case(
        "Geometric",
        Geometric(),
        {"probs": [[0.9], [0.15], [0.01]]},
        lambda k: stats.geom([0.9, 0.15, 0.01][k], loc=-1),
        single,
        points=np.arange(4000.0)[:, None],
    ),
    Case(
        "Geometric-columns",
        Geometric(),
        {"probs": CHANCES},
        lambda k: stats.geom(CHANCES[k], loc=-1),
        summed,
    ),
    Case(
        "Multinomial",
        Multinomial(20),
        {"probs": PARTS},
        lambda k: stats.multinomial(20, PARTS[k]),
        lambda law, X: law.logpmf(X),
        far=lambda X: 20.0 * np.eye(3)[X.argmin(axis=1)],
        points=rows_of_sum(20, 3),
        top=20,
    ),
    Case(
        "Categorical",
        Categorical(3),
        {"probs": CHOICES},
        lambda k: CHOICES[k],
        lambda probs, X: sum(np.log(own[x.astype(int)]) for own, x in zip(probs, X.T, strict=True)),
        far=lambda X: 2 - X,
        points=np.array(list(product(range(3), repeat=5)), dtype=float),
    ),
    Case(
        "BetaBinomial",
        BetaBinomial(60),
        {"alphas": [[3.0], [20.0], [18.0]], "betas": [[40.0], [20.0], [1.5]]},
        lambda k: stats.betabinom(60, [3.0, 20.0, 18.0][k], [40.0, 20.0, 1.5][k]),
        single,
        far=ends(60),
        points=np.arange(61.0)[:, None],
        top=60,
    ),
    Case(
        "BetaBinomial-columns",
        BetaBinomial([20, 40, 15]),
        {"alphas": ALPHAS, "betas": BETAS},
        lambda k: stats.betabinom([20, 40, 15], ALPHAS[k], BETAS[k]),
        summed,
        far=ends(20, 40, 15),
        top=[20, 40, 15],
    ),
    Case(
        "DirichletMultinomial",
        DirichletMultinomial(25),
        {"concentrations": CONCENTRATIONS},
        lambda k: stats.dirichlet_multinomial(CONCENTRATIONS[k], 25),
        lambda law, X: law.logpmf(X.astype(int)),
        far=lambda X: 25.0 * np.eye(3)[X.argmin(axis=1)],
        points=rows_of_sum(25, 3),
        top=25,
    ),
]
