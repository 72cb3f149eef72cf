"""What every command and every fact of an order has; the areas of the order build on these."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import attrs

from ordercore.kernel import (
    Command,
    CommandId,
    FactId,
    Instant,
    OrderId,
    as_optional_instant,
    checked,
    digest,
    problems,
)
from ordercore.orders.units import Quantities, check_quantities, quantities

__all__ = ["Fact", "Instruction", "OfLines"]


@attrs.frozen
@checked
class Instruction(Command):
    """What every command of an order has: which order, and the id its sender gave it.

    ``verb`` is the command's name in the life-cycle machine.

    Example:
        >>> from ordercore.orders import ConfirmOrder
        >>> ConfirmOrder("o-1", command_id="c-2").verb
        'confirm'
    """

    verb: ClassVar[str] = ""

    order_id: OrderId = attrs.field(converter=OrderId)
    command_id: CommandId = attrs.field(converter=CommandId, kw_only=True)

    @cached_property
    def payload_digest(self) -> str:
        """Digest of what the command says; taken once, however often the command is decided."""
        return digest(self)


@attrs.frozen
@checked
class Fact(Command):
    """What every fact has: which order, the id its source gave it, and when it happened there.

    Example:
        >>> from ordercore.orders import RecordDelivery
        >>> RecordDelivery("o-1", fact_id="scan-7", shipment_id="s-1").fact_id
        FactId('scan-7')
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    fact_id: FactId = attrs.field(converter=FactId, kw_only=True)
    occurred_at: Instant | None = attrs.field(
        default=None, converter=as_optional_instant, kw_only=True
    )

    @cached_property
    def payload_digest(self) -> str:
        """Digest of what the fact says; taken once, however often the fact is decided."""
        return digest(self)


@attrs.frozen
@checked
class OfLines(Instruction):
    """A command about units of lines; refused with every line that asks for fewer than one."""

    lines: Quantities = attrs.field(converter=quantities, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_quantities(faults, "lines", self.lines)
        faults.raise_if_any(type(self).__name__)
