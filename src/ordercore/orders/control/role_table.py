"""The role matrix as a table for people."""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import answering
from ordercore.orders.control.roles import SEE, RoleGrant, RoleMatrix, command_kinds

__all__ = ["role_table"]

_NEVER = "–"


@answering
def role_table(matrix: RoleMatrix) -> str:
    """The matrix in Markdown: a row for each command and for seeing, a column for each role.

    A cell says with which fields and where; ``–`` is never. Commands that only roles without
    limits may send are told below the table. O(commands × grants).

    Example:
        >>> clerk = RoleGrant("clerk", ["edit_order"], fields=["destination"], until="packed")
        >>> print(role_table(RoleMatrix(["clerk"], [clerk, RoleGrant("clerk", ["see"])])))
        | command | clerk |
        | --- | --- |
        | `edit_order` | `destination`; until a unit is packed |
        | see | yes |
        <BLANKLINE>
        Nobody in the table may send: ...
        <BLANKLINE>
        Other roles may do and see everything.
    """
    verbs = (*command_kinds(), "record_customer", "record_evidence", SEE)
    granted = {
        verb: {
            role: [g for g in matrix.grants if g.role == role and g.about(verb)]
            for role in matrix.roles
        }
        for verb in verbs
    }
    rows = [_row(["command", *matrix.roles]), _row("---" for _ in ("", *matrix.roles))]
    rows += [
        _row([verb if verb == SEE else f"`{verb}`", *map(_cell, granted[verb].values())])
        for verb in verbs
        if any(granted[verb].values())
    ]
    never = ", ".join(f"`{verb}`" for verb in verbs if not any(granted[verb].values()))
    others = "nothing" if matrix.closed else "everything"
    ends = [f"Nobody in the table may send: {never}."] if never else []
    return "\n\n".join(["\n".join(rows), *ends, f"Other roles may do and see {others}."])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(grants: list[RoleGrant]) -> str:
    return "<br>".join(map(_told, grants)) or _NEVER


def _told(grant: RoleGrant) -> str:
    told = [
        ", ".join(
            [*(f"`{name}`" for name in grant.fields), *(kind.value for kind in grant.classes)]
        )
    ]
    if grant.stages:
        told.append(f"in {' or '.join(grant.stages)}")
    if grant.flow_stages:
        told.append(f"while in {' or '.join(grant.flow_stages)}")
    if grant.nodes:
        told.append(f"at {' or '.join(grant.nodes)}")
    if grant.until:
        told.append(f"until a unit is {grant.until}")
    return "; ".join(filter(None, told)) or "yes"
