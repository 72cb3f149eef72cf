"""Postcode classes: as much of a postcode as routing needs and a person does not mind."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import attrs

from ordercore.kernel import answering, checked, problems
from ordercore.network.region import Region

__all__ = [
    "DEFAULT_POSTCODE_CLASS",
    "MAX_CLASS_LENGTH",
    "POSTCODE_CLASS_RULES",
    "PostcodeClassRule",
    "is_postcode_class",
    "postcode_class",
]

MAX_CLASS_LENGTH = 4


def is_postcode_class(value: object) -> bool:
    """Whether a value can be a postcode class: empty, or up to four of A to Z and 0 to 9.

    Example:
        >>> is_postcode_class("SW1A"), is_postcode_class("SW1A 1AA")
        (True, False)
    """
    return isinstance(value, str) and len(value) <= MAX_CLASS_LENGTH and value == _compact(value)


def _compact(postcode: str) -> str:
    folded = unicodedata.normalize("NFKC", postcode).upper()
    return "".join(char for char in folded if char.isascii() and char.isalnum())


@attrs.frozen(kw_only=True)
@checked
class PostcodeClassRule:
    """How one country's postcodes are cut down to a class.

    The postcode is upper-cased and stripped of everything but letters and digits. If it is longer
    than ``keep_first`` it loses its last ``drop_last`` characters; then the first ``keep_first``
    remain. A British inward code always has three characters and an outward code at most four, so
    ``keep_first=4, drop_last=3`` gives the outward code of a whole postcode and of an outward code.

    ``country`` is empty for the rule of all other countries.

    Raises:
        InvalidBatch: ``postcode.country``, ``postcode.keep_first`` (1 to 4),
            ``postcode.drop_last`` (0 or more).

    Example:
        >>> rule = PostcodeClassRule(country="GB", keep_first=4, drop_last=3)
        >>> rule.class_of("sw1a 1aa"), rule.class_of("M1 1AE"), rule.class_of("SW1A")
        ('SW1A', 'M1', 'SW1A')
    """

    country: str
    keep_first: int
    drop_last: int = 0

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.country != "":
            try:
                Region(self.country)
            except ExceptionGroup:
                faults.add("postcode.country", "country", self.country, "two letters A to Z")
        if type(self.keep_first) is not int or not 1 <= self.keep_first <= MAX_CLASS_LENGTH:
            faults.add("postcode.keep_first", "keep_first", self.keep_first, "1 to 4")
        if type(self.drop_last) is not int or self.drop_last < 0:
            faults.add("postcode.drop_last", "drop_last", self.drop_last, "an integer ≥ 0")
        faults.raise_if_any("postcode rule")

    def class_of(self, postcode: str) -> str:
        """The class of a postcode; empty when nothing of it remains."""
        compact = _compact(postcode)
        if len(compact) > self.keep_first:
            compact = compact[: max(0, len(compact) - self.drop_last)]
        return compact[: self.keep_first]


POSTCODE_CLASS_RULES = (
    PostcodeClassRule(country="BR", keep_first=3),
    PostcodeClassRule(country="CA", keep_first=3),
    PostcodeClassRule(country="CN", keep_first=3),
    PostcodeClassRule(country="GB", keep_first=4, drop_last=3),
    PostcodeClassRule(country="IN", keep_first=3),
    PostcodeClassRule(country="JP", keep_first=3),
    PostcodeClassRule(country="KR", keep_first=3),
    PostcodeClassRule(country="NL", keep_first=4, drop_last=2),
    PostcodeClassRule(country="US", keep_first=3),
)
"""Countries whose usual sorting prefix is not two characters."""

DEFAULT_POSTCODE_CLASS = PostcodeClassRule(country="", keep_first=2)
"""All other countries: the first two characters, a region of many thousand households."""


@answering
def postcode_class(
    country: str,
    postcode: str,
    rules: Iterable[PostcodeClassRule] = POSTCODE_CLASS_RULES,
    default: PostcodeClassRule = DEFAULT_POSTCODE_CLASS,
) -> str:
    """The class of a postcode in its country: the first rule that names the country decides.

    Example:
        >>> (
        ...     postcode_class("US", "94103-1234"),
        ...     postcode_class("DE", "10115"),
        ...     postcode_class("IE", ""),
        ... )
        ('941', '10', '')
    """
    for rule in rules:
        if rule.country == country:
            return rule.class_of(postcode)
    return default.class_of(postcode)
