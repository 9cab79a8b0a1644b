"""Sphinx configuration: Markdown pages and the interface from the docstrings."""

import skmixture

project = "skmixture"
author = "the skmixture developers"
project_copyright = "the skmixture developers"
version = release = skmixture.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say shapes, which is more
numpydoc_show_class_members = False  # autodoc lists them

html_theme = "alabaster"
html_theme_options = {
    "description": "Finite mixture models behind the scikit-learn interface",
    "fixed_sidebar": True,
    "page_width": "1080px",
    "show_powered_by": False,
}
html_copy_source = False
