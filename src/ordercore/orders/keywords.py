"""Words in free text that mean something to an order, as data; the text itself is not kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import attrs

from ordercore.kernel import answering, checked, problems
from ordercore.orders.texts import texts

__all__ = ["KeywordRule", "found_keywords"]


def _words(given: Iterable[str]) -> tuple[str, ...]:
    return texts(given, "words")


def _phrases(given: Iterable[str]) -> tuple[str, ...]:
    return texts(given, "unless")


@attrs.frozen(kw_only=True)
@checked
class KeywordRule:
    """A name for any of some words, except inside the phrases of ``unless``.

    Words are compared without case and width (NFKC, case folded). A word of letters and digits
    stands alone: ``rush`` is not in ``brush``. Words of scripts without blanks, such as Chinese,
    are found anywhere. ``points`` are what urgency counts for the rule.

    Raises:
        InvalidBatch: ``keyword.name`` when empty; ``keyword.words`` for no words, an empty one, or
            one of blanks; ``urgency.points`` for anything but an integer ≥ 0.
        InvalidValue: ``type.wrong`` for one text instead of a list.

    Example:
        >>> rule = KeywordRule(name="urgent", words=["急"], unless=["不急"], points=100)
        >>> rule.found_in("不急"), rule.found_in("不急,但请加急")
        (False, True)
    """

    name: str
    words: tuple[str, ...] = attrs.field(converter=_words)
    unless: tuple[str, ...] = attrs.field(default=(), converter=_phrases)
    points: int = 0

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("keyword.name", "name", self.name, "a name")
        if not self.words:
            faults.add("keyword.words", "words", self.words, "at least one word")
        for path, given in (("words", self.words), ("unless", self.unless)):
            for number, word in enumerate(given):
                if not _folded(word).strip():
                    faults.add("keyword.words", f"{path}[{number}]", word, "a word")
        if type(self.points) is not int or self.points < 0:
            faults.add("urgency.points", "points", self.points, "an integer ≥ 0")
        faults.raise_if_any("keyword rule")

    def found_in(self, text: str) -> bool:
        """Whether one of the words stands in the text. O(text × words)."""
        return self._found(_folded(text))

    def _found(self, text: str) -> bool:
        spared = [span for phrase in self.unless for span in _places(text, _folded(phrase))]
        return any(
            not any(begin <= start and end <= stop for begin, stop in spared)
            for word in self.words
            for start, end in _places(text, _folded(word))
        )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _places(text: str, word: str) -> list[tuple[int, int]]:
    """Where a folded word stands in a folded text, as beginnings and ends."""
    found = []
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (_joins(before, word[0]) or _joins(word[-1], after)):
            found.append((start, end))
        start = text.find(word, start + 1)
    return found


def _joins(left: str, right: str) -> bool:
    """Whether two characters belong to one word of an alphabet that sets blanks between words."""
    return _spelled(left) and _spelled(right)


def _spelled(character: str) -> bool:
    # Letters with case, and digits: Latin, Greek, Cyrillic; not Chinese, Japanese or Thai.
    return character.isdigit() or character.lower() != character.upper()


@answering
def found_keywords(text: str, rules: Iterable[KeywordRule]) -> tuple[str, ...]:
    """The names of the rules that a text meets, in the order of the rules.

    Only names come back: what people write about themselves stays where it was.

    Example:
        >>> rules = [
        ...     KeywordRule(name="rush", words=["rush"]),
        ...     KeywordRule(name="gift", words=["礼"]),
        ... ]
        >>> found_keywords("RUSH! 送礼", rules), found_keywords("a brush", rules)
        (('rush', 'gift'), ())
    """
    folded = _folded(text)
    return tuple(rule.name for rule in rules if rule._found(folded))  # noqa: SLF001 - same module
