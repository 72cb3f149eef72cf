"""How the documentation is built: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "ordercore"
author = "The ordercore authors"
copyright = "2026, The ordercore authors"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "front_doors",
    "order_pages",
]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
html_title = "ordercore"

myst_enable_extensions = ["colon_fence", "linkify"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_custom_sections = ["Invariants", "Source", "Complexity"]
# Every name of the library must resolve; those of others cannot, without their inventories.
nitpick_ignore_regex = [("py:.*", r"(?!ordercore\.).*")]
