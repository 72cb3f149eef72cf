"""A command that waits: as it was sent, by whom, and what it lacked when it was asked for."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Command, as_tuple, checked, problems
from ordercore.orders.message import Instruction

__all__ = ["RESUMED_VERBS", "Waiting"]

RESUMED_VERBS: tuple[str, ...] = (
    "allocate",
    "allow",
    "close",
    "confirm",
    "issue_credit_note",
    "issue_invoice",
    "lapse_exchange",
    "plan_fulfilment",
    "refund_balance",
    "release",
    "release_fulfilment",
    "reopen",
    "request_return",
    "set_appointment",
    "submit",
)
"""What may happen by itself, later: decisions on the order's own books.

Every other command says what somebody did with goods (picked, packed, shipped, handed over, took
back), takes stock, touches another order, or was agreed upon from a preview: when its gates open,
its sender is told, and sends it again if it is still so.
"""


def _listed(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Waiting:
    """The command that a hold stands for.

    ``missing`` are the needs that were not there when it was asked for, then ``hold:<id>`` for
    each hold against it; ``role`` is the sender's. ``resumes`` says whether it happens by itself
    when nothing is missing any more; otherwise its sender is told that it may be sent again.

    Raises:
        InvalidBatch: ``waiting.command`` for something that is no command of an order,
            ``waiting.missing`` when nothing is missing, ``waiting.resumes`` for a command that must
            not happen by itself (:data:`RESUMED_VERBS` may).

    Example:
        >>> from ordercore.orders import ConfirmOrder
        >>> asked = ConfirmOrder("o-1", command_id="c-3")
        >>> Waiting(command=asked, missing=["tax_id"], resumes=True).verb
        'confirm'
    """

    command: Command
    role: str = ""
    missing: tuple[str, ...] = attrs.field(converter=_listed)
    resumes: bool = False

    def __attrs_post_init__(self) -> None:
        faults = problems()
        command = self.command
        if not isinstance(command, Instruction) or not command.verb:
            faults.add("waiting.command", "command", command, "a command of an order")
        elif self.resumes and command.verb not in RESUMED_VERBS:
            faults.add(
                "waiting.resumes", "resumes", command.verb, "a command that may happen by itself"
            )
        if not self.missing or not all(self.missing):
            faults.add("waiting.missing", "missing", self.missing, "at least one word each")
        faults.raise_if_any("waiting command")

    @property
    def instruction(self) -> Instruction:
        """The command, as what it is."""
        assert isinstance(self.command, Instruction)
        return self.command

    @property
    def verb(self) -> str:
        """The command's word."""
        return self.instruction.verb

    def is_like(self, command: Instruction) -> bool:
        """Whether a command asks for the same under another id.

        Example:
            >>> from ordercore.orders import ConfirmOrder
            >>> one, two = (ConfirmOrder("o-1", command_id=id) for id in ("c-3", "c-4"))
            >>> Waiting(command=one, missing=["tax_id"]).is_like(two)
            True
        """
        mine = self.instruction
        if type(mine) is not type(command):
            return False
        return attrs.evolve(command, command_id=mine.command_id) == mine
