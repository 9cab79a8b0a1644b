"""A link from the diagram of an estimator in a notebook to its page in the reference.

The one place that knows where the documentation is: the URL "Documentation" of the project, as
`[project.urls]` in pyproject.toml has it and an installed package says. There is no link without.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from typing import ClassVar

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


class Documented:
    """What scikit-learn asks of an estimator that has a page: attributes of its own naming."""

    _doc_room: ClassVar[str] = "skmixture"  # the module that has the class in the reference

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
