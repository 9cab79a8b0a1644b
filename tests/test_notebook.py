"""What a notebook shows of an estimator: the diagram of scikit-learn, a link, the summary."""

from __future__ import annotations

import re
import subprocess
import sys
from email.message import Message
from html import escape
from importlib import metadata
from pathlib import Path

import pytest
from sklearn import config_context
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

import skmixture
from skmixture import GaussianMixture, Mixture, ProductMixture
from skmixture.datasets import load_old_faithful
from skmixture.families import Categorical, Gaussian, Poisson
from skmixture.selection import MixtureSelection
from skmixture.tools import documented

SUMMARY = "<summary>summary()</summary>"
SITE = "https://mixtures.example/docs"


@pytest.fixture
def place(monkeypatch):
    """The project has an address, as an installed package would say it."""
    known = Message()
    known["Project-URL"] = "Source, https://mixtures.example/source"
    known["Project-URL"] = f"Documentation, {SITE}/"
    monkeypatch.setattr(documented, "metadata", lambda name: known)
    documented.address.cache_clear()
    yield SITE
    documented.address.cache_clear()


@pytest.fixture
def nowhere(monkeypatch):
    """The project has none."""
    monkeypatch.setattr(documented, "address", lambda: "")


def links(estimator) -> set[str]:
    """Pages that a diagram links to, without what they are asked to show."""
    found = re.findall(r'href="(.*?)[#"]', estimator_html_repr(estimator))
    return {link for link in found if "scikit-learn.org" not in link}


def everything(model):
    X = load_old_faithful().data
    yield model
    yield model.fit(X)
    yield make_pipeline(StandardScaler(), model).fit(X)
    yield GridSearchCV(model, {"n_components": [1, 2]}, cv=2).fit(X)


def test_the_link_is_to_the_page_of_the_reference(place):
    for estimator in everything(GaussianMixture(2, random_state=0)):
        assert links(estimator) == {f"{SITE}/api/generated/skmixture.GaussianMixture.html"}
    shown = links(Mixture(Gaussian()))
    assert f"{SITE}/api/generated/skmixture.Mixture.html" in shown
    assert shown <= {
        f"{SITE}/api/generated/skmixture.{name}.html" for name in ("Mixture", "families.Gaussian")
    }
    selection = f"{SITE}/api/generated/skmixture.selection.MixtureSelection.html"
    assert selection in links(MixtureSelection(Mixture()))


def test_without_an_address_there_is_no_link(nowhere):
    for estimator in everything(Mixture(Gaussian(), 2, n_init=2, random_state=0)):
        assert links(estimator) == set()
        assert "Mixture" in estimator_html_repr(estimator)


def test_the_summary_of_a_fitted_estimator_is_below_the_diagram():
    def html(estimator):
        return estimator._repr_mimebundle_().get("text/html", "")

    model = Mixture(Gaussian(), n_init=2, random_state=0)
    X = load_old_faithful().data
    selection = MixtureSelection(model, n_components=[1, 2])
    for estimator in (model, selection):
        assert SUMMARY not in html(estimator)
        estimator.fit(X)
        assert f"<pre>{escape(str(estimator.summary()))}</pre>" in html(estimator)
        with config_context(display="text"):
            assert estimator._repr_mimebundle_() == {"text/plain": repr(estimator)}
    assert SUMMARY not in html(model.family)
    del model.means_  # by hand; what is shown must not fail
    assert SUMMARY not in html(model)
    assert "Mixture" in html(model)


def test_a_class_of_the_user_has_no_page(place):
    class Own(Mixture):
        pass

    assert links(Own(None)) == set()


def test_every_class_with_a_page_is_in_the_reference(place):
    pages = Path(__file__).parents[1].joinpath("docs", "api").glob("*.md")
    text = "\n".join(page.read_text("utf-8") for page in pages)
    for name in skmixture.__all__:
        owner = getattr(skmixture, name)
        if isinstance(owner, type):
            page = owner._doc_link_url_param_generator(owner.__new__(owner))["page"]
            assert page == f"skmixture.{name}"
            assert f"\n   {name}\n" in text


def test_the_page_is_told_as_any_version_asks_for_it():
    model = Mixture()
    page = {"page": "skmixture.Mixture"}
    assert model._doc_link_url_param_generator() == page
    assert model._doc_link_url_param_generator(model) == page


def test_long_settings_are_shown():
    parts = [("a", Gaussian("diag"), [0, 1]), ("b", Categorical(), 2), ("c", Poisson(), 3)]
    assert "Categorical" in estimator_html_repr(ProductMixture(parts, 3))


def test_a_source_that_is_not_installed_has_no_address(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(documented, "metadata", missing)
    documented.address.cache_clear()
    assert documented.address() == ""
    documented.address.cache_clear()


def test_metadata_is_not_read_before_it_is_asked_for():
    code = (
        "import sys, skmixture; skmixture.PoissonMixture(2); "
        "from skmixture.tools import documented; assert documented.address.cache_info().misses == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
