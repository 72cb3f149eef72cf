"""Named as a pytest plugin so that pytest explains the failing asserts of the contract kits.

pytest rewrites the asserts of every module of a distribution that declares a plugin; without this
entry point a failing clause of a kit would be a bare AssertionError. There is nothing else in it.
"""

from __future__ import annotations
