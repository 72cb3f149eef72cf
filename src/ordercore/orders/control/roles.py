"""Who may send which command, in which stage and at which node; and who sees which fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import attrs

from ordercore.kernel import Choice, checked, items_as, problems, sorted_tuple, sorted_unique
from ordercore.orders.control.hold import names

__all__ = ["ANYONE", "FieldClass", "RoleMatrix", "RoleRight", "RoleView"]


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


@attrs.frozen
@checked
class RoleRight:
    """A role may send commands of these verbs, in these stages and at these nodes.

    ``stages`` are stages of the header, ``fulfilment_stages`` those of the fulfilment order that
    the command names, ``nodes`` the nodes that it names; empty means any. A right with nodes, or
    with stages of fulfilment, does not cover a command that names none. ``"*"`` is every verb.

    Raises:
        InvalidBatch: ``role.name``, ``role.verbs`` when empty or with an empty word.

    Example:
        >>> RoleRight("warehouse", ["ship"], stages=["confirmed"], nodes=["ningbo"]).allows(
        ...     "ship", stage="confirmed", fulfilment_stage="", node="wuhan"
        ... )
        False
    """

    role: str
    verbs: tuple[str, ...] = attrs.field(converter=names)
    stages: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    fulfilment_stages: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    nodes: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.role:
            faults.add("role.name", "role", self.role, "a role")
        if not self.verbs or not all(self.verbs):
            faults.add("role.verbs", "verbs", self.verbs, "at least one verb")
        faults.raise_if_any("role right")

    def allows(self, verb: str, *, stage: str, fulfilment_stage: str, node: str) -> bool:
        """Whether this right covers the command."""
        return (
            (verb in self.verbs or "*" in self.verbs)
            and (not self.stages or stage in self.stages)
            and (not self.fulfilment_stages or fulfilment_stage in self.fulfilment_stages)
            and (not self.nodes or node in self.nodes)
        )


def _classes(given: Iterable[FieldClass | str]) -> tuple[FieldClass, ...]:
    return items_as(
        sorted_unique((given,) if isinstance(given, str) else given), FieldClass, "classes"
    )


@attrs.frozen
@checked
class RoleView:
    """What a role sees of an order: fields by dotted name, and whole classes of fields.

    A name stands for everything below it; lists are passed through (``lines.sku`` is the SKU of
    each line).

    Raises:
        InvalidBatch: ``role.name``, ``role.fields`` for an empty word.

    Example:
        >>> RoleView("finance", ["order_id"], classes=["money"]).fields
        ('order_id',)
    """

    role: str
    fields: tuple[str, ...] = attrs.field(default=(), converter=names)
    classes: tuple[FieldClass, ...] = attrs.field(default=(), converter=_classes, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.role:
            faults.add("role.name", "role", self.role, "a role")
        if not all(all(word.split(".")) and word for word in self.fields):
            faults.add("role.fields", "fields", self.fields, "dotted names")
        faults.raise_if_any("role view")


T = TypeVar("T")


def _once(listed: tuple[T, ...]) -> tuple[T, ...]:
    """Each of what stands sorted, once; what is no tuple comes back as it is."""
    return tuple(dict.fromkeys(listed)) if _are_values(listed) else listed


def _are_values(listed: object) -> bool:
    return type(listed) is tuple and all(attrs.has(type(each)) for each in listed)


def _rights(given: Iterable[RoleRight]) -> tuple[RoleRight, ...]:
    return _once(
        sorted_tuple(
            given,
            RoleRight,
            lambda right: (
                right.role,
                right.verbs,
                right.stages,
                right.fulfilment_stages,
                right.nodes,
            ),
        )
    )


def _views(given: Iterable[RoleView]) -> tuple[RoleView, ...]:
    return _once(sorted_tuple(given, RoleView, lambda view: (view.role, view.fields, view.classes)))


@attrs.frozen
@checked
class RoleMatrix:
    """The rights and views of all roles; a role that has none listed may do, or see, everything.

    What is listed is all that a role may: nothing outside it is accepted, and nothing outside it
    is in a projection. Facts are never refused; evidence from a role that may not
    ``record_evidence``, and news of the buyer from one that may not ``record_customer``, is kept as
    a clash and counts for nothing.

    Example:
        >>> matrix = RoleMatrix([RoleRight("warehouse", ["ship"])])
        >>> matrix.restricts("warehouse"), matrix.restricts("office")
        (True, False)
    """

    rights: tuple[RoleRight, ...] = attrs.field(default=(), converter=_rights)
    views: tuple[RoleView, ...] = attrs.field(default=(), converter=_views)

    def restricts(self, role: str) -> bool:
        """Whether the role has rights listed, and so may nothing else."""
        return any(right.role == role for right in self.rights)

    def allows(
        self, role: str, verb: str, *, stage: str, fulfilment_stage: str = "", node: str = ""
    ) -> bool:
        """Whether a role may send a command here."""
        if not self.restricts(role):
            return True
        return any(
            right.role == role
            and right.allows(verb, stage=stage, fulfilment_stage=fulfilment_stage, node=node)
            for right in self.rights
        )

    def who_may(
        self, verb: str, *, stage: str, fulfilment_stage: str = "", node: str = ""
    ) -> tuple[str, ...]:
        """The listed roles that may send a command here, sorted."""
        return tuple(
            sorted(
                {
                    right.role
                    for right in self.rights
                    if right.allows(verb, stage=stage, fulfilment_stage=fulfilment_stage, node=node)
                }
            )
        )

    def views_of(self, role: str) -> tuple[RoleView, ...]:
        """What the role sees; nothing listed means everything."""
        return tuple(view for view in self.views if view.role == role)


ANYONE = RoleMatrix()
