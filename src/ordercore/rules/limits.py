"""How large a rule may be: every text and every JSON document is bounded before it is read.

The bounds hold for rules built by hand too, so that each rule that exists can be written down in
both forms and read again.
"""

from typing import Final

__all__ = [
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_NESTING",
    "MAX_NODES",
    "MAX_RULE_TEXT",
    "MAX_TEXT_LITERAL",
]

MAX_RULE_TEXT: Final = 20_000
"""Characters of a rule's text form."""

MAX_DEPTH: Final = 32
"""Levels of an expression, counted from 1."""

MAX_NODES: Final = 1_000
"""Expressions in one rule, each literal and field counted."""

MAX_DIGITS: Final = 30
"""Digits of one number."""

MAX_TEXT_LITERAL: Final = 500
"""Characters of one text literal."""

MAX_NESTING: Final = 128
"""Brackets and operators open at one place of the text: what Python's own parser must hold."""
