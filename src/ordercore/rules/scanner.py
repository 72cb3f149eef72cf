"""The look at a rule's text before Python's parser sees it.

What the language does not have is refused here, by token and with its place: so the parser never
meets a deep nest, a huge number, an escape it would warn about, or a character that looks like
another. One pass, O(length).
"""

from __future__ import annotations

import keyword
import re
from typing import Final

import attrs

from ordercore.rules.limits import MAX_DIGITS, MAX_NESTING, MAX_RULE_TEXT
from ordercore.rules.text_form import HIDDEN_CHARACTERS

__all__ = ["ScanFault", "scan"]

_KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "for", "if", "True", "False", "None"})
_SEPARATORS: Final = frozenset({"and", "or", "in", "is", "for", "if"})
_CLOSING: Final = (("(", ")"), ("[", "]"))

_PLAIN = f"[^\\\\{HIDDEN_CHARACTERS}\ud800-\udfff"
_ESCAPE = (
    r"""\\(?:[\\'"ntr]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5}|U0010[0-9a-fA-F]{4})"""
)
_TOKEN = re.compile(
    rf"""(?P<space>[ \t\n]+)
    |(?P<number>(?:[0-9]|\.[0-9])[0-9A-Za-z_.]*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>'(?:{_PLAIN}']|{_ESCAPE})*'|"(?:{_PLAIN}"]|{_ESCAPE})*")
    |(?P<open>[(\[])
    |(?P<close>[)\]])
    |(?P<compare><=|>=|==|!=|<(?![<>])|>(?!>))
    |(?P<sign>\*(?!\*)|\+|-(?!>))
    |(?P<comma>,)
    |(?P<dot>\.(?!\.))
    |(?P<foreign>\*\*|//|:=|<<|>>|->|<>|\.\.+|[!-~])
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*(?:_[0-9]+)*)(?:\.[0-9]+)?")


@attrs.frozen
class ScanFault:
    """One thing in the text that no rule can have; ``offset`` counts characters from 0."""

    code: str
    offset: int
    value: str
    message: str


def scan(text: str) -> tuple[ScanFault, ...]:
    """Everything that is wrong with the tokens of a text.

    Example:
        >>> [(fault.code, fault.offset) for fault in scan("lambda: 9**9")]
        [('rule.unsupported', 0), ('rule.unsupported', 6), ('rule.unsupported', 9)]
    """
    if len(text) > MAX_RULE_TEXT:
        message = f"a rule has at most {MAX_RULE_TEXT} characters, this one {len(text)}"
        return (ScanFault("rule.too_long", MAX_RULE_TEXT, "", message),)
    return _Scan(text).run()


class _Scan:
    """The state of one pass; it lives only as long as the call."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[ScanFault] = []
        # Each open bracket with the operators that are open before it: together they bound how
        # deep the parser has to go.
        self.brackets: list[tuple[str, int, int]] = []
        self.run_length = 0
        self.depth = 0
        self.previous = ""
        self.too_deep = False

    def add(self, code: str, offset: int, value: str, message: str) -> None:
        self.faults.append(ScanFault(code, offset, value, message))

    def run(self) -> tuple[ScanFault, ...]:
        offset = 0
        while offset < len(self.text) and not self.too_deep:
            match = _TOKEN.match(self.text, offset)
            kind = match.lastgroup if match else None
            if match is None or kind is None:
                self.stray(offset)
                offset += 1
                continue
            token = match.group()
            if token in {"'", '"'}:
                message = "a text that does not end, or has an escape that is not known"
                self.add("rule.bad_text", offset, token, message)
                break
            self.token(kind, token, offset)
            offset = match.end()
            if kind != "space":
                self.previous = kind
            elif self.previous == "name":
                # `f 'a'` is two tokens, `f'a'` is not a text of ours.
                self.previous = "spaced"
        if not self.faults:
            for bracket, at, _ in self.brackets[-1:]:
                self.add("rule.bracket", at, bracket, "a bracket that is never closed")
        return tuple(self.faults)

    def stray(self, offset: int) -> None:
        character = self.text[offset]
        message = f"the character U+{ord(character):04X} may only stand inside quotes"
        if character < "\x80" or re.match(f"[{HIDDEN_CHARACTERS}]", character):
            message = f"the character U+{ord(character):04X} is not allowed"
        self.add("rule.bad_character", offset, f"U+{ord(character):04X}", message)

    def token(self, kind: str, token: str, offset: int) -> None:
        match kind:
            case "number":
                self.number(token, offset)
            case "name":
                self.name(token, offset)
            case "text":
                if self.previous in {"name", "text"}:
                    message = "quoted text stands alone: no prefix, no second text beside it"
                    self.add("rule.unsupported", offset, token[:20], message)
            case "open":
                # A bracket after an operand is a call or an index: one more level of its own.
                self.deeper(offset)
                self.brackets.append((token, offset, self.run_length))
                self.run_length = 0
                self.deeper(offset)
            case "close":
                self.close(token, offset)
            case "sign" | "dot":
                self.deeper(offset)
            case "foreign":
                self.add("rule.unsupported", offset, token, f"a rule has no {token!r}")
            case "compare" | "comma":
                self.settle()
            case _:
                pass

    def deeper(self, offset: int) -> None:
        self.run_length += 1
        self.depth += 1
        if self.depth > MAX_NESTING and not self.too_deep:
            self.too_deep = True
            message = f"more than {MAX_NESTING} brackets and operators open at one place"
            self.add("rule.too_deep", offset, "", message)

    def settle(self) -> None:
        """An operator run ends: what follows does not nest in what came before."""
        self.depth -= self.run_length
        self.run_length = 0

    def close(self, token: str, offset: int) -> None:
        if not self.brackets or (self.brackets[-1][0], token) not in _CLOSING:
            self.add("rule.bracket", offset, token, "a bracket that closes nothing")
            return
        self.settle()
        self.run_length = self.brackets.pop()[2]

    def number(self, token: str, offset: int) -> None:
        if _NUMBER.fullmatch(token) is None:
            message = "a number is digits, with a point and digits after it where needed"
            self.add("rule.bad_number", offset, token[:40], message)
        elif sum(character.isdigit() for character in token) > MAX_DIGITS:
            message = f"a number has at most {MAX_DIGITS} digits"
            self.add("rule.number_too_long", offset, token[:40], message)

    def name(self, token: str, offset: int) -> None:
        if keyword.iskeyword(token) and token not in _KEYWORDS:
            self.add("rule.unsupported", offset, token, f"a rule has no {token!r}")
        elif token == "not":  # noqa: S105 - a word of the rule, not a secret
            self.deeper(offset)
        elif token in _SEPARATORS:
            self.settle()
