"""The site: `make docs` builds it with warnings as errors, and it asks no network for anything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import site_links  # noqa: E402
import site_notebook  # noqa: E402
import site_reference  # noqa: E402

import sim  # noqa: E402

project = "multivector"
release = version = sim.__version__
author = "the authors of multivector"
html_title = f"multivector {release}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["pictures/**", "**.ipynb_checkpoints"]
source_suffix = {".md": "markdown", ".ipynb": "notebook"}

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

html_theme = "furo"
smartquotes = False
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {"navigation_with_keys": False}
html_static_path: list[str] = []

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "inherited-members": False}
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # a class tells its attributes itself
suppress_warnings = ["misc.highlighting_failure"]  # plain tables of CSV have no colours
default_role = "code"  # single backticks in docstrings are names
python_maximum_signature_line_length = 88

# Types in signatures need no page: the site asks no other site, and shows what is public only.
nitpicky = True
nitpick_ignore_regex = [("py:(class|obj|data|exc)", ".*")]


def starred(
    app: object, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    r"""Keep the stars of shapes, as in array (\*axes, run), from being read as emphasis."""
    lines[:] = [line.replace("(*", "(\\*") for line in lines]


def setup(app: Any) -> None:
    """Add the parser of notebooks, the pages made from the code, and links to other files."""
    site_reference.write(HERE / "reference")
    app.connect("autodoc-process-docstring", starred)
    site_notebook.setup(app)
    site_links.setup(app)
