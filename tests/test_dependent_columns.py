"""Columns that say the same make every component flat: the warning of it names them."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from skmixture import ComponentsMixture, Mixture
from skmixture.families import Gaussian, LogNormal, Product, StudentT, Uniform

LAWS = [Gaussian(), Gaussian("tied")]
TOLD = r"columns 'mass' and 'twice' are linearly dependent.* in {}_ is reg_covar. Leave one of them"


@pytest.fixture
def table(rng) -> pd.DataFrame:
    """Two groups; mass, length and width are of no use to each other."""
    X = rng.normal(size=(120, 3)) + 6.0 * np.repeat([[0], [1]], 60, axis=0)
    return pd.DataFrame(X, columns=["mass", "length", "width"])


def warned(law, X) -> str:
    """What a fit of two components warns of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        Mixture(law, 2, n_init=2, random_state=0).fit(X)
    return " ".join(str(one.message) for one in told)


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_column_and_its_multiple_are_named(law, unit, table):
    X = (table * unit).assign(twice=2 * table["mass"])
    assert re.search(TOLD.format("covariances"), warned(law, X))


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_so_they_are_under_heavy_tails(kind, table):
    model = Mixture(StudentT(kind), 2, fixed={"dofs": 9.0}, n_init=1, random_state=0)
    with pytest.warns(ConvergenceWarning, match=TOLD.format("scales")):
        model.fit(table.assign(twice=2 * table["mass"]))


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_all_columns_of_a_sum_are_named_and_no_others(offset, table, rng):
    X = table.assign(other=rng.normal(size=120), sum=offset + table["mass"] - table["width"])
    told = warned(Gaussian(), X)
    assert "columns 'mass', 'width' and 'sum' are linearly dependent" in told
    assert "Leave one of them out" in told


def test_two_sums_ask_to_leave_out_two(table):
    told = warned(Gaussian(), table.assign(twice=2 * table["mass"], half=table["length"] / 2))
    assert "'mass', 'length', 'twice' and 'half' are linearly dependent" in told
    assert "Leave 2 of them out" in told


def test_arrays_have_places(table):
    told = warned(Gaussian(), table.assign(twice=2 * table["mass"]).to_numpy())
    assert "columns 0 and 3 are linearly dependent" in told


def test_a_constant_column_is_told_apart(table):
    told = warned(Gaussian(), table.assign(same=7.0, twice=2 * table["mass"]))
    assert "constant in column 'same'" in told
    assert "columns 'mass' and 'twice' are linearly dependent" in told


def test_parts_name_their_own_columns(table):
    X = table.assign(twice=2 * table["mass"])
    law = Product([("a", Gaussian(), ["length"]), ("b", Gaussian(), ["width", "mass", "twice"])])
    told = warned(law, X)
    assert "in part 'b', columns 'mass' and 'twice' are linearly dependent" in told
    model = ComponentsMixture([("all", Gaussian(), 2), ("noise", Uniform())], n_init=2)
    with pytest.warns(ConvergenceWarning, match=r"in part 'all', columns 'mass' and 'twice'"):
        model.fit(X)


def test_logarithms_of_multiples_are_dependent(table):
    X = np.exp(table).assign(twice=lambda X: 2 * X["mass"])
    assert "columns 'mass' and 'twice' are linearly dependent" in warned(LogNormal(), X)


def test_components_that_are_flat_each_in_its_own_way_are_no_such_thing(table):
    group = np.repeat([0.0, 1.0], 60)
    X = table.assign(twice=2 * table["mass"] + 5 * group)
    start = np.column_stack([1 - group, group])
    with pytest.warns(ConvergenceWarning, match="collapsed .*Use fewer components"):
        Mixture(Gaussian(), 2).fit(X, start=start)


def test_rows_that_are_too_few_for_their_columns(rng):
    told = warned(Gaussian(), rng.normal(size=(5, 6)))
    assert "columns 0, 1, 2, 3, 4 and 5 are linearly dependent" in told
    assert "Leave 2 of them out" in told
