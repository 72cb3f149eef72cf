"""Units of a line: how many, of what weight, assigned where, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from ordercore.allocation import AllocationPlan, Take
from ordercore.kernel import (
    AllocationId,
    Choice,
    FaultList,
    FrozenMap,
    InvalidValue,
    LineId,
    NodeId,
    ServiceId,
    checked,
    expect,
    problems,
)

__all__ = [
    "Assignment",
    "ItemFacts",
    "ItemKind",
    "Quantities",
    "ReceivedUnits",
    "ReturnDisposition",
    "assignments",
    "check_quantities",
    "item_facts",
    "quantities",
]

Quantities: TypeAlias = FrozenMap[LineId, int]
"""Whole units by line."""


def quantities(given: Mapping[LineId, int] | Mapping[str, int]) -> Quantities:
    """Units by line, with plain strings turned into line ids.

    Example:
        >>> quantities({"2": 1, "1": 3})
        FrozenMap({LineId('1'): 3, LineId('2'): 1})
    """
    if not isinstance(given, Mapping):
        raise InvalidValue("type.wrong", "lines", given, "a mapping of line to units")
    return FrozenMap({LineId(line): units for line, units in given.items()})


def check_quantities(faults: FaultList, path: str, given: Quantities) -> None:
    """Note every line that asks for fewer than one unit, and an empty map.

    Example:
        >>> faults = problems()
        >>> check_quantities(faults, "lines", quantities({"1": 0}))
        >>> [(fault.code, fault.path) for fault in faults.faults]
        [('quantity.not_positive', 'lines[1]')]
    """
    if not given:
        faults.add("quantity.none", path, "{}", "at least one line")
    for line, units in given.items():
        if type(units) is not int or units < 1:
            faults.add("quantity.not_positive", f"{path}[{line}]", units, "an integer ≥ 1")


class ItemKind(Choice):
    """What an item is to whoever brings it."""

    GOODS = "goods"
    """Lies on a shelf: needs stock."""
    DIGITAL = "digital"
    """Is issued: a code, a download, a gift card. Needs no stock."""
    SERVICE = "service"
    """Is done: installation, repair. Needs no stock, but somebody's time."""


def _item_kind(value: ItemKind | str) -> ItemKind:
    return value if type(value) is ItemKind else ItemKind(value)


@attrs.frozen(kw_only=True)
class ItemFacts:
    """What allocation and fulfilment must know about one unit of a line's item.

    Raises:
        InvalidBatch: ``item.weight_g`` or ``item.volume_cm3`` below zero.

    Example:
        >>> ItemFacts(weight_g=250).handling_class
        'ambient'
    """

    weight_g: int = 0
    volume_cm3: int = 0
    handling_class: str = "ambient"
    splittable: bool = True
    kind: ItemKind = attrs.field(default=ItemKind.GOODS, converter=_item_kind)

    def __attrs_post_init__(self) -> None:
        if (
            type(self.weight_g) is int
            and type(self.volume_cm3) is int
            and self.weight_g >= 0
            and self.volume_cm3 >= 0
            and isinstance(self.handling_class, str)
            and self.handling_class
            and type(self.splittable) is bool
        ):
            return
        faults = problems()
        for name in ("weight_g", "volume_cm3"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                faults.add(f"item.{name}", name, value, "an integer ≥ 0")
        if not isinstance(self.handling_class, str) or not self.handling_class:
            faults.add("item.handling_class", "handling_class", self.handling_class, "a class")
        if type(self.splittable) is not bool:
            faults.add("type.wrong", "splittable", self.splittable, "bool")
        faults.raise_if_any("item facts")


def item_facts(
    given: Mapping[LineId, ItemFacts] | Mapping[str, ItemFacts],
) -> FrozenMap[LineId, ItemFacts]:
    """Facts by line, with plain strings turned into line ids.

    Example:
        >>> item_facts({"1": ItemFacts(weight_g=250)})["1"].weight_g
        250
    """
    if not isinstance(given, Mapping):
        raise InvalidValue("type.wrong", "items", given, "a mapping of line to facts")
    return FrozenMap({LineId(line): facts for line, facts in given.items()})


@attrs.frozen
@checked
class Assignment:
    """Units of a line given to a node and a carrier service, as a plan takes them.

    ``allocation_id`` names them in the order from then on; it is given or derived from the command
    (:meth:`ReserveStock.numbered`).

    Raises:
        InvalidValue: ``quantity.not_positive``.

    Example:
        >>> Assignment("1", 2, node="ningbo").node
        NodeId('ningbo')
    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int
    node: NodeId = attrs.field(converter=NodeId, kw_only=True)
    service: ServiceId | None = attrs.field(
        default=None, converter=attrs.converters.optional(ServiceId), kw_only=True
    )
    allocation_id: AllocationId | None = attrs.field(
        default=None, converter=attrs.converters.optional(AllocationId), kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        if type(self.quantity) is not int or self.quantity < 1:
            raise InvalidValue("quantity.not_positive", "quantity", self.quantity, "an integer ≥ 1")


def assignments(
    plan: AllocationPlan | Iterable[Assignment | Take],
) -> tuple[Assignment, ...]:
    """Assignments from an allocation plan, from its takes, or as they are.

    Example:
        >>> take = Take("1", sku="TEA", node="ningbo", service="sf", quantity=2)
        >>> assignments([take])
        (Assignment(line_id=LineId('1'), quantity=2, node=NodeId('ningbo'), ...),)
    """
    takes = plan.takes if isinstance(plan, AllocationPlan) else plan
    if not isinstance(takes, Iterable) or isinstance(takes, str):
        raise InvalidValue("type.wrong", "allocations", plan, "a plan, its takes, or assignments")
    return tuple(
        Assignment(take.line_id, take.quantity, node=take.node, service=take.service)
        if isinstance(take, Take)
        else expect(take, Assignment, f"allocations[{number}]")
        for number, take in enumerate(takes)
    )


class ReturnDisposition(Choice):
    """What becomes of units that a buyer sent back."""

    RESTOCK = "restock"
    """Accepted, and for sale again at a node."""
    SCRAP = "scrap"
    """Accepted, and written off."""
    REJECT = "reject"
    """Not accepted: the units go back to the buyer and nothing is refunded."""


@attrs.frozen
@checked
class ReceivedUnits:
    """Units of a return that arrived, and what becomes of them.

    Raises:
        InvalidBatch: ``quantity.not_positive``; ``return.node_missing`` when units are to be
            restocked nowhere.

    Example:
        >>> ReceivedUnits("1", 1, disposition="restock", node="ningbo").disposition
        <ReturnDisposition.RESTOCK: 'restock'>
    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int
    disposition: ReturnDisposition = attrs.field(converter=ReturnDisposition, kw_only=True)
    node: NodeId | None = attrs.field(
        default=None, converter=attrs.converters.optional(NodeId), kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.quantity) is not int or self.quantity < 1:
            faults.add("quantity.not_positive", "quantity", self.quantity, "an integer ≥ 1")
        if self.disposition is ReturnDisposition.RESTOCK and self.node is None:
            faults.add("return.node_missing", "node", None, "the node that takes the units")
        faults.raise_if_any("received units")
