"""The role matrix: which role may send what, with which fields, in which stage; and see what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import get_args

import attrs

from ordercore.kernel import (
    Choice,
    FaultList,
    FrozenMap,
    checked,
    items_as,
    problems,
    sorted_tuple,
    sorted_unique,
)
from ordercore.orders.commands import Instruction, OrderCommand
from ordercore.orders.control.field_names import has_field, settable_fields
from ordercore.orders.control.hold import names
from ordercore.orders.fulfilling.fulfilment_order import POSITIONS, position_rank
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.payment import MoneyPosition

__all__ = [
    "ANYONE",
    "SEE",
    "FieldClass",
    "RoleGrant",
    "RoleMatrix",
    "OrderStanding",
    "command_kinds",
]

SEE = "see"
"""The verb of looking at an order."""

_EVERY = "*"
_FACTS = ("record_customer", "record_evidence")


class FieldClass(Choice):
    """What kind of thing a field of an order tells."""

    PROGRESS = "progress"
    """What everybody works with, such as stages, units and where they stand, holds and evidence."""
    MONEY = "money"
    """Prices, amounts, payments."""
    PERSON = "person"
    """Who buys and where it goes; never a name, but enough to find one."""
    AUDIT = "audit"
    """Who did what: ids, heads of the audit chain, people who approved."""


@cache
def command_kinds() -> Mapping[str, type[Instruction]]:
    """The commands of an order by their verbs, sorted.

    Example:
        >>> command_kinds()["ship"].__name__
        'ShipUnits'
    """
    kinds: tuple[type[Instruction], ...] = get_args(OrderCommand)
    return FrozenMap({kind.verb: kind for kind in sorted(kinds, key=lambda kind: kind.verb)})


@attrs.frozen(kw_only=True)
@checked
class OrderStanding:
    """Where an order stands, as far as grants ask: stages, nodes, and how far its units are.

    ``parts`` are stage and node of the fulfilment orders and returns that are asked about, and the
    node that a command names without either. ``anywhere`` asks for whichever node fits.

    Example:
        >>> OrderStanding(stage="confirmed", parts=(("packed", "ningbo"),)).reached
        ''
    """

    stage: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    reached: str = ""
    anywhere: bool = False

    @classmethod
    def of(
        cls, order: Order, parts: Iterable[tuple[str, str]], *, anywhere: bool = False
    ) -> OrderStanding:
        """Where an order stands, asked about these parts. O(lines)."""
        return cls(
            stage=order.lifecycle.value,
            parts=tuple(parts),
            reached=reached(order),
            anywhere=anywhere,
        )


def reached(order: Order) -> str:
    """The furthest position at which a unit of the order stands or stood; empty for none.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> reached(tea_order())
        ''
    """
    for position in reversed(POSITIONS):
        if any(getattr(line, position) for line in order.lines):
            return position
    return ""


def _classes(given: Iterable[FieldClass | str]) -> tuple[FieldClass, ...]:
    return items_as(
        sorted_unique((given,) if isinstance(given, str) else given), FieldClass, "classes"
    )


@attrs.frozen
@checked
class RoleGrant:
    """One entry of the matrix: a role may send these commands, or see, with these fields, here.

    ``verbs`` are verbs of commands (``"*"`` is every command), ``record_customer`` and
    ``record_evidence`` for what is reported, or ``"see"``. ``fields`` are the dotted names of what
    the role may set, or see; empty means all. A name stands for everything below it, and lists are
    gone through (``lines.sku`` is the SKU of each line). What a command cannot be sent without is
    part of it and need not be named; a quote sets what it changes of the order's. ``classes`` are
    whole kinds of fields to see.

    ``stages`` are stages of the header, ``flow_stages`` those of the fulfilment order or return
    that the command names, ``nodes`` the nodes that it names; empty means any. A grant with nodes,
    or with stages of flows, does not cover a command that names none; for seeing it is enough that
    some fulfilment order, or return, is like that. ``until`` is the position of the ledger at which
    the grant ends: as soon as one unit of the order was ``packed``, say.

    Raises:
        InvalidBatch: every fault: ``role.name``; ``role.verbs`` for none or an unknown one;
            ``role.fields`` for a name that no command of the grant, or no order, has;
            ``role.stages`` for an unknown stage of the header; ``role.until`` for no position;
            ``role.see`` for fields of commands and of orders in one grant, or classes of commands.

    Example:
        >>> grant = RoleGrant(
        ...     "clerk", ["edit_order"], fields=["destination", "delivery"], until="packed"
        ... )
        >>> grant.covers("edit_order", OrderStanding(stage="confirmed", reached="picked"))
        True
        >>> grant.covers("edit_order", OrderStanding(stage="confirmed", reached="packed"))
        False
        >>> grant.names("destination.region.city"), grant.names("quote.lines.list_amount")
        (True, False)
    """

    role: str
    verbs: tuple[str, ...] = attrs.field(converter=names)
    fields: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    classes: tuple[FieldClass, ...] = attrs.field(default=(), converter=_classes, kw_only=True)
    stages: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    flow_stages: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    nodes: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    until: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.role:
            faults.add("role.name", "role", self.role, "a role")
        known = command_kinds()
        for verb in self.verbs or ("",):
            if verb not in known and verb not in {_EVERY, SEE, *_FACTS}:
                faults.add("role.verbs", "verbs", verb, "the verb of a command, or see")
        for stage in self.stages:
            if stage not in set(Lifecycle):
                faults.add("role.stages", "stages", stage, f"one of {', '.join(Lifecycle)}")
        if self.until and self.until not in POSITIONS:
            faults.add("role.until", "until", self.until, f"one of {', '.join(POSITIONS)}")
        self._check_fields(faults)
        faults.raise_if_any("role grant")

    def _check_fields(self, faults: FaultList) -> None:
        sees = SEE in self.verbs
        if (sees and self.fields and len(self.verbs) > 1) or (self.classes and not self.sees_only):
            faults.add("role.see", "verbs", self.verbs, "see alone, where its fields are named")
            return
        kinds = [kind for verb, kind in command_kinds().items() if {verb, _EVERY} & set(self.verbs)]
        if not kinds and not sees:
            return  # of what there is not, nobody knows the fields
        for name in self.fields:
            if not (_is_seen(name) if sees else any(_is_set(kind, name) for kind in kinds)):
                what = "an order" if sees else "a command of the grant"
                faults.add("role.fields", "fields", name, f"a field of {what}")

    @property
    def sees_only(self) -> bool:
        """Whether the grant is about seeing and nothing else."""
        return self.verbs == (SEE,)

    def about(self, verb: str) -> bool:
        """Whether the grant is about a command, or about seeing."""
        return verb in self.verbs or (_EVERY in self.verbs and verb != SEE)

    def covers(self, verb: str, at: OrderStanding) -> bool:
        """Whether the grant is about this, and in force where the order stands."""
        return (
            self.about(verb)
            and (not self.stages or at.stage in self.stages)
            and (not self.until or position_rank(at.reached) < position_rank(self.until))
            and (
                not (self.flow_stages or self.nodes)
                or (at.anywhere and not self.flow_stages)
                or any(self._fits(stage, node) for stage, node in at.parts)
            )
        )

    def _fits(self, stage: str, node: str) -> bool:
        return (not self.flow_stages or stage in self.flow_stages) and (
            not self.nodes or node in self.nodes
        )

    def names(self, field: str) -> bool:
        """Whether a field, or something that it is in, is named; a grant without fields names all.

        O(fields).
        """
        if not self.fields:
            return not self.classes
        return any(field == name or field.startswith(f"{name}.") for name in self.fields)


def _is_seen(name: str) -> bool:
    word, dot, rest = name.partition(".")
    if word == "money":
        return not dot or has_field(MoneyPosition, rest)
    return has_field(Order, name)


def _is_set(kind: type[Instruction], name: str) -> bool:
    return name.partition(".")[0] in settable_fields(kind) and has_field(kind, name)


def _grants(given: Iterable[RoleGrant]) -> tuple[RoleGrant, ...]:
    listed = sorted_tuple(given, RoleGrant, attrs.astuple)
    # What is no tuple of grants is told by the constructor, with its place.
    alike = type(listed) is tuple and all(type(each) is RoleGrant for each in listed)
    return tuple(dict.fromkeys(listed)) if alike else listed


@attrs.frozen
@checked
class RoleMatrix:
    """Role × command × field × stage: what every role may do and see, as one value.

    A role of the matrix may do and see what its grants say and nothing else; with none, nothing.
    A role that is not of the matrix may do and see everything, unless the matrix is ``closed``:
    then it may nothing. Facts are never refused; evidence from a role that may not
    ``record_evidence``, and news of the buyer from one that may not ``record_customer``, is kept
    as a clash and counts for nothing.

    Raises:
        InvalidBatch: ``role.name`` for an empty role, ``role.unknown`` for every grant to a role
            that is not listed. Faults of grants are told by :class:`RoleGrant`; decoding a matrix
            tells those of all its grants at once.

    Example:
        >>> matrix = RoleMatrix(["warehouse"], [RoleGrant("warehouse", ["ship"])])
        >>> at = OrderStanding(stage="confirmed")
        >>> matrix.allows("warehouse", "ship", at), matrix.allows("warehouse", "close", at)
        (True, False)
        >>> matrix.allows("office", "close", at)
        True
    """

    roles: tuple[str, ...] = attrs.field(default=(), converter=names)
    grants: tuple[RoleGrant, ...] = attrs.field(default=(), converter=_grants)
    closed: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not all(self.roles):
            faults.add("role.name", "roles", self.roles, "roles that have names")
        for number, grant in enumerate(self.grants):
            if grant.role not in self.roles:
                expected = f"one of {', '.join(self.roles)}"
                faults.add("role.unknown", f"grants[{number}].role", grant.role, expected)
        faults.raise_if_any("role matrix")

    def restricts(self, role: str) -> bool:
        """Whether the role may do and see only what is granted."""
        return self.closed or role in self.roles

    def of(self, role: str, verb: str, at: OrderStanding) -> Iterator[RoleGrant]:
        """The grants to a role that cover this where the order stands. O(grants)."""
        return (grant for grant in self.grants if grant.role == role and grant.covers(verb, at))

    def allows(self, role: str, verb: str, at: OrderStanding, fields: Iterable[str] = ()) -> bool:
        """Whether a role may do this here and set these fields; seeing as much as one field too.

        Several grants add up: what one of them covers with some fields, another does with others.
        """
        if not self.restricts(role):
            return True
        grants = tuple(self.of(role, verb, at))
        return bool(grants) and all(any(each.names(field) for each in grants) for field in fields)

    def who_may(self, verb: str, at: OrderStanding, fields: Iterable[str] = ()) -> tuple[str, ...]:
        """The roles of the matrix that may do this here with these fields, sorted."""
        wanted = tuple(fields)
        return tuple(role for role in self.roles if self.allows(role, verb, at, wanted))

    def fields_of(self, role: str, verb: str, at: OrderStanding) -> tuple[str, ...] | None:
        """The names that a role may set in a command here, beside what it needs; None for all."""
        if not self.restricts(role):
            return None
        grants = tuple(self.of(role, verb, at))
        if any(not grant.fields for grant in grants):
            return None
        return sorted_unique(name for grant in grants for name in grant.fields)

    def nodes_of(self, role: str, verb: str, at: OrderStanding) -> tuple[str, ...] | None:
        """The nodes at which a role may send a command; None for every node."""
        if not self.restricts(role):
            return None
        grants = tuple(self.of(role, verb, at))
        if any(not grant.nodes for grant in grants):
            return None
        return sorted_unique(node for grant in grants for node in grant.nodes)


ANYONE = RoleMatrix()
