"""Lists of texts as people write them: words, roles, persons."""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import InvalidValue, expect

__all__ = ["sorted_texts", "texts"]


def texts(given: Iterable[str], path: str) -> tuple[str, ...]:
    """The texts as a tuple, in their order.

    One text is refused where several are asked for: its letters would be taken one by one, and a
    person who is barred from a review would not be.

    Raises:
        InvalidValue: ``type.wrong`` for one text, and for anything in the list that is none.

    Example:
        >>> texts(["credit", "desk"], "roles")
        ('credit', 'desk')
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidValue("type.wrong", path, given, "a list of texts")
    return tuple([expect(each, str, f"{path}[{n}]") for n, each in enumerate(given)])


def sorted_texts(given: Iterable[str], path: str) -> tuple[str, ...]:
    """As :func:`texts`, each once and sorted.

    Example:
        >>> sorted_texts(["desk", "credit", "desk"], "roles")
        ('credit', 'desk')
    """
    return tuple(sorted(set(texts(given, path))))
