"""What the diagram of an estimator in a notebook has beside: its summary, a link to its page.

The one place that knows where the documentation is: the URL "Documentation" of the project, as
`[project.urls]` in pyproject.toml has it and an installed package says. There is no link without.
"""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, ClassVar

__all__ = ["Documented", "address"]

LABEL = "Documentation"


@cache
def address() -> str:
    """Where the site is, without a slash at the end; empty where the project names no place."""
    try:
        urls = metadata("skmixture").get_all("Project-URL") or []
    except PackageNotFoundError:  # the source was put on the path
        return ""
    places = (url.split(", ", 1) for url in urls)
    return next((place[1].rstrip("/") for place in places if place[0] == LABEL), "")


def _unfolded(estimator: Any) -> str:
    """The summary of a fitted estimator, to be unfolded."""
    try:
        page = str(estimator.summary())
    except (AttributeError, LookupError, TypeError, ValueError):
        return ""  # it is not fitted, or its attributes were set by hand
    return f"<details><summary>summary()</summary><pre>{escape(page)}</pre></details>"


class Documented:
    """What scikit-learn asks of an estimator that has a page: attributes of its own naming."""

    _doc_room: ClassVar[str] = "skmixture"  # the module that has the class in the reference

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """What IPython asks for: the forms of the estimator, with its summary below the diagram."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += _unfolded(self)
        return bundle

    @property
    def _doc_link_module(self) -> str:
        """The package of classes that have a page; no package has the empty name."""
        return "skmixture" if address() else ""

    @property
    def _doc_link_template(self) -> str:
        return address() + "/api/generated/{page}.html"

    def _doc_link_url_param_generator(self, *again: Documented) -> dict[str, str]:
        # scikit-learn before 1.7 passes the estimator a second time
        return {"page": f"{self._doc_room}.{type(self).__name__}"}
