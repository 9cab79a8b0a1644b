"""Sphinx configuration: Markdown pages, the reference from docstrings, and executed examples."""

import re
import textwrap
import warnings

from docutils import nodes

import skmixture
from skmixture.datasets import fetch_singer_transcript_counts

project = "skmixture"
author = "the skmixture developers"
project_copyright = "the skmixture developers"
version = release = skmixture.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery"]
templates_path = ["_templates"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

# -- the reference -------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say shapes, which is more
numpydoc_show_class_members = False  # the templates list them
toc_object_entries_show_parents = "hide"

# Names of other projects stand in docstrings as they are: their sites are not asked for links.
nitpick_ignore_regex = [("py:.*", r"(numpy|scipy|sklearn|joblib|dask|matplotlib)\..*")]

# -- examples ------------------------------------------------------------------


def transcripts_are_at_hand():
    """Whether the transcript counts are on this machine; a build never fetches them."""
    try:
        fetch_singer_transcript_counts(download_if_missing=False)
    except OSError:
        return False
    return True


def formatted(message, category, *where):
    """What a warning says, without its place on this machine."""
    return textwrap.fill(f"{category.__name__}: {message}", 88) + "\n"


warnings.formatwarning = formatted

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    # All are run, but those of the transcript counts only where these are.
    "filename_pattern": r"\.py$" if transcripts_are_at_hand() else r"/(?!transcript_)[^/]*\.py$",
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "api/used",
    "doc_module": ("skmixture",),
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "capture_repr": ("_repr_html_",),  # tables at the end of a block, nothing else
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 3600,  # times differ from machine to machine
}

# -- the site ------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "skmixture"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/mark.svg"
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "getting-started", "changelog")}
html_theme_options = {
    "logo": {
        "text": "skmixture",
        "alt_text": "skmixture",
        "image_light": "_static/mark.svg",
        "image_dark": "_static/mark-dark.svg",
    },
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 8,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
copybutton_exclude = ".linenos, .gp, .go"  # prompts and output are not for copying


def escape_fitted_names(app, what, name, obj, options, lines):
    """Keep ``n_iter_`` in a type from being read as a link."""
    for number, line in enumerate(lines):
        if re.match(r"\S+ : ", line):
            lines[number] = re.sub(r"(?<=\w)_(?=[,)])", r"\\_", line)


def trim_blocks(app, doctree):
    """Leave out the empty line with which a doctest in Markdown ends."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext().rstrip("\n")
        if text != block.astext() and block.rawsource == block.astext():
            block.rawsource, block[:] = text, [nodes.Text(text)]


def link_to_pages(app, page, source):
    """Lead to the pages of examples, where readers of the repository go to the programmes."""
    text = re.sub(r"\]\(gallery/(\w+)\.py\)", r"](examples/\1.rst)", source[0])
    source[0] = text.replace("](gallery/)", "](examples/index.rst)")


def setup(app):
    """Escape before numpydoc (at 500) reads the docstring."""
    app.connect("source-read", link_to_pages)
    app.connect("doctree-read", trim_blocks)
    app.connect("autodoc-process-docstring", escape_fitted_names, priority=400)
