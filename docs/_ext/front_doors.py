"""Writes one reference page for each package, and resolves every name to its front door."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TypeVar

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

import ordercore

PAGE = """# {name}

```{{eval-rst}}
.. automodule:: ordercore.{name}
   :members:
   :imported-members:
   :show-inheritance:
```
"""


def write_pages(app: Sphinx) -> None:
    folder = Path(app.srcdir) / "reference" / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(found.name for found in pkgutil.iter_modules(ordercore.__path__))
    wanted = {f"{name}.md": PAGE.format(name=name) for name in names}
    for stale in folder.glob("*.md"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        page = folder / name
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """`ordercore.kernel.money.Money` is documented as `ordercore.kernel.Money`."""
    target = str(node.get("reftarget", ""))
    parts = target.split(".")
    if node.get("refdomain") != "py" or parts[0] != "ordercore":
        return None
    known = env.domains["py"].objects  # type: ignore[attr-defined]
    candidate = ".".join([*parts[:2], *parts[3:]])
    if candidate in known:
        page, anchor, *_ = known[candidate]
        source = str(node.get("refdoc"))
        return make_refnode(app.builder, source, page, anchor, content, candidate)
    # A private base says nothing to a reader, and a type variable's name says what it can.
    if parts[-1].startswith("_"):
        return content
    if len(parts) > 3:
        found = getattr(importlib.import_module(".".join(parts[:-1])), parts[-1], None)
        if isinstance(found, TypeVar) or (isinstance(found, type) and not _is_public(found)):
            return content
    return None


def _is_public(found: type) -> bool:
    """Whether a front door has it; a base that none has is named and not linked."""
    package = importlib.import_module(".".join(found.__module__.split(".")[:2]))
    return found.__name__ in package.__all__


def skip_guests(
    app: Sphinx, what: str, name: str, thing: object, skip: bool, options: object
) -> bool | None:
    """What a front door hands on from another package is documented in its own."""
    home = str(getattr(thing, "__module__", "")).split(".")
    page = app.env.docname.rpartition("/")[2]
    if what == "module" and home[0] == "ordercore" and len(home) > 1 and home[1] != page:
        return True
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-skip-member", skip_guests)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
