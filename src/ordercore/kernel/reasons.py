"""A business "no" as a value: reasons with their facts, and what would help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NoReturn, TypeAlias

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.conversion import as_map, as_tuple
from ordercore.kernel.errors import InvalidValue, OrdercoreError
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.instants import Instant
from ordercore.kernel.money import Money

__all__ = ["Command", "FactValue", "Reason", "Refusal", "Refused", "Verdict"]

FactValue: TypeAlias = str | int | bool | Money | Instant | tuple[str, ...] | None
"""What a reason may state: amounts, counts, names, instants; never a float."""


class Command:
    """Marker of everything that can be sent to an aggregate; the type of a remedy."""

    __slots__ = ()


def _facts(given: Mapping[str, FactValue]) -> FrozenMap[str, FactValue]:
    return as_map(given)


# Facts of these kinds are what they are; lists of names are looked at one by one.


@attrs.frozen
@checked
class Reason:
    """Why something may not be done, with its facts and what would remedy it.

    A reason is ``final`` when nothing would help. Otherwise it names the ``remedy`` (a command on
    any aggregate) or what to ``obtain`` (a fact of the outside).

    Raises:
        InvalidValue: ``reason.code`` for an empty code, ``reason.final_with_remedy``.

    Example:
        >>> reason = Reason("gate.payment", facts={"due_minor": 27590}, obtain="a captured payment")
        >>> reason.code, dict(reason.facts), reason.final
        ('gate.payment', {'due_minor': 27590}, False)
    """

    code: str
    facts: FrozenMap[str, FactValue] = attrs.field(
        factory=FrozenMap, converter=_facts, kw_only=True
    )
    remedy: Command | None = attrs.field(default=None, kw_only=True)
    obtain: str | None = attrs.field(default=None, kw_only=True)
    final: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.code:
            raise InvalidValue("reason.code", "code", self.code, "a stable code")
        if self.final and (self.remedy is not None or self.obtain is not None):
            raise InvalidValue(
                "reason.final_with_remedy", "final", self.code, "a final reason without a remedy"
            )


def _reasons(given: Iterable[Reason]) -> tuple[Reason, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class Refusal:
    """The answer "no", with every reason that stood in the way, not only the first.

    Falsy, so that ``if answer:`` reads as it should.

    Raises:
        InvalidValue: ``refusal.without_reason`` — a "no" without a reason is a bug.

    Example:
        >>> refusal = Refusal([Reason("stock.short"), Reason("gate.payment")])
        >>> refusal.codes, bool(refusal)
        (('stock.short', 'gate.payment'), False)
    """

    reasons: tuple[Reason, ...] = attrs.field(converter=_reasons)

    def __attrs_post_init__(self) -> None:
        if not self.reasons:
            raise InvalidValue("refusal.without_reason", "reasons", (), "at least one reason")

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, in their order."""
        return tuple(reason.code for reason in self.reasons)

    @property
    def is_refused(self) -> Literal[True]:
        """True; a :class:`~ordercore.kernel.Decision` answers False."""
        return True

    @property
    def final(self) -> bool:
        """Whether a reason stands that nothing can remedy."""
        return any(reason.final for reason in self.reasons)

    def accepted(self) -> NoReturn:
        """Raise :class:`~ordercore.kernel.Refused`; a Decision returns itself instead."""
        raise Refused(self)

    def __bool__(self) -> Literal[False]:
        return False


@attrs.frozen
class Refused(OrdercoreError):
    """A refusal that the caller did not want to handle as a value (``.accepted()``).

    Example:
        >>> from ordercore.kernel import Reason, Refusal
        >>> print(Refused(Refusal((Reason("gate.stock"),))))
        refused: gate.stock
    """

    refusal: Refusal
    code: str = attrs.field(default="ordercore.refused", init=False)

    def __str__(self) -> str:
        return "refused: " + ", ".join(self.refusal.codes)


@attrs.frozen
@checked
class Verdict:
    """The answer of ``check``: allowed, or every reason that stands in the way.

    ``waits_for`` is what is missing of a command that is taken as a request and waits for it.

    Example:
        >>> Verdict().allowed, Verdict([Reason("gate.stock")]).allowed
        (True, False)
    """

    reasons: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)
    waits_for: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)

    @property
    def allowed(self) -> bool:
        """Whether the command would be accepted now."""
        return not self.reasons

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, in their order."""
        return tuple(reason.code for reason in self.reasons)

    def __bool__(self) -> bool:
        return not self.reasons
