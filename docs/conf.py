"""Sphinx configuration: Markdown pages, and the interface from the docstrings."""

import re

import skmixture

project = "skmixture"
author = "the skmixture developers"
project_copyright = "the skmixture developers"
version = release = skmixture.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say shapes, which is more
numpydoc_show_class_members = False  # autodoc lists them

toc_object_entries = False

html_theme = "alabaster"
html_theme_options = {
    "description": "Finite mixture models behind the scikit-learn interface",
    "page_width": "1180px",
    "code_font_size": "0.8em",
    "show_powered_by": False,
}
html_copy_source = False


def escape_fitted_names(app, what, name, obj, options, lines):
    """Keep ``n_iter_`` in a type from being read as a link."""
    for number, line in enumerate(lines):
        if re.match(r"\S+ : ", line):
            lines[number] = re.sub(r"(?<=\w)_(?=[,)])", r"\\_", line)


def setup(app):
    """Escape before numpydoc (at 500) reads the docstring."""
    app.connect("autodoc-process-docstring", escape_fitted_names, priority=400)
