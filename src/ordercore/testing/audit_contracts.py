"""Contracts of the optional ports of the audit: the log of refused attempts, the index of ids."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel import Accepted, Decision, Identifier, OrderId, Refusal, shift
from ordercore.orders import CauseKind, Instruction, RefusedAttempt, accepted_ids, attempt
from ordercore.ports import AttemptLog, CommandIndex
from ordercore.testing.contracts import _TWINS, NewStore, StoreContract, _broken, _require
from ordercore.testing.order_history import History
from ordercore.testing.store import StoreUnderTest, lives, order_commits
from ordercore.testing.trade_values import START

__all__ = ["AttemptLogContract", "CommandIndexContract"]


def _log(store: StoreUnderTest) -> AttemptLog:
    if store.attempts is None:
        _broken("ATTEMPT-1", "the store under test has no log of attempts")
    return store.attempts


def _index(store: StoreUnderTest) -> CommandIndex:
    if store.command_index is None:
        _broken("INDEX-1", "the store under test has no command index")
    return store.command_index


def _refused(order_id: str, number: int) -> RefusedAttempt:
    return RefusedAttempt(
        order_id=order_id,
        id=f"c-{number}",
        message="ConfirmOrder",
        actor="kit",
        at=shift(START, seconds=number),
        codes=["gate.stock", "gate.payment"],
        payload_digest=f"{number:064x}",
    )


class AttemptLogContract(StoreContract):
    """Refused attempts are kept as they were made, apart from the orders.

    Example:
        >>> from ordercore.testing import broken_clauses, memory_store
        >>> broken_clauses(AttemptLogContract, memory_store)
        ()
    """

    def test_nothing_refused_is_no_attempts(self, new_store: NewStore) -> None:
        found = tuple(_log(new_store()).attempts(OrderId("o-1")))
        _require(found == (), "ATTEMPT-1", f"found {found!r}")

    def test_attempts_are_read_back_in_their_order(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            log = _log(new_store())
            noted = [
                attempt(step.message, step.context, step.answer)
                for step in history.steps
                if isinstance(step.answer, Refusal)
            ]
            noted += [_refused("o-1", number) for number in (7, 3, 3)]
            for each in noted:
                log.note(each)
            found = list(log.attempts(OrderId("o-1")))
            _require(found == noted, "ATTEMPT-2", f"noted {noted!r}, found {found!r}")

        self.prove("ATTEMPT-2", lives(), holds)

    def test_attempts_about_other_orders_are_others(self, new_store: NewStore) -> None:
        def holds(twins: tuple[str, str]) -> None:
            log = _log(new_store())
            noted = {order_id: _refused(order_id, n) for n, order_id in enumerate(twins)}
            for each in noted.values():
                log.note(each)
            for order_id, each in noted.items():
                found = tuple(log.attempts(OrderId(order_id)))
                _require(found == (each,), "ATTEMPT-3", f"of {order_id!r} found {found!r}")

        self.prove("ATTEMPT-3", st.sampled_from(_TWINS), holds)


class CommandIndexContract(StoreContract):
    """Every id that an order accepted is known for good.

    Example:
        >>> from ordercore.testing import broken_clauses, memory_store
        >>> broken_clauses(CommandIndexContract, memory_store)
        ()
    """

    def test_accepted_ids_are_found(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            store = _stored(new_store(), history)
            index = _index(store)
            for kind in CauseKind:
                ids = _ids(history, kind)
                wanted = dict(accepted_ids(history.events, kind, ids))
                found = dict(index.accepted(history.order_id, kind, ids))
                _require(found == wanted, "INDEX-1", f"wanted {wanted!r}, found {found!r}")

        self.prove("INDEX-1", lives(), holds)

    def test_other_ids_are_absent(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            index = _index(_stored(new_store(), history))
            for kind in CauseKind:
                ids = [alike for id in _ids(history, kind) for alike in (id.upper(), f"{id} 2")]
                found = dict(index.accepted(history.order_id, kind, [*ids, "never"]))
                _require(found == {}, "INDEX-2", f"found {found!r}")

        self.prove("INDEX-2", lives(), holds)

    def test_kinds_and_orders_are_kept_apart(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            index = _index(_stored(new_store(), history))
            for kind, other in (
                (CauseKind.COMMAND, CauseKind.FACT),
                (CauseKind.FACT, CauseKind.COMMAND),
            ):
                ids = _ids(history, kind)
                crossed: dict[str, Accepted] = dict(index.accepted(history.order_id, other, ids))
                strange = dict(index.accepted(OrderId("O-1"), kind, ids))
                _require(crossed == {}, "INDEX-3", f"of the other kind: {crossed!r}")
                _require(strange == {}, "INDEX-3", f"of another order: {strange!r}")

        self.prove("INDEX-3", lives(), holds)


def _stored(store: StoreUnderTest, history: History) -> StoreUnderTest:
    for commit in order_commits(history):
        store.unit_of_work.commit(commit)
    return store


def _ids(history: History, kind: CauseKind) -> list[str]:
    """Ids of accepted messages of a kind, as their senders gave them."""
    found: list[Identifier] = []
    for step in history.steps:
        if isinstance(step.answer, Decision):
            message = step.message
            is_command = isinstance(message, Instruction)
            if is_command is (kind is CauseKind.COMMAND):
                found.append(
                    message.command_id if isinstance(message, Instruction) else message.fact_id
                )
    return [str(id) for id in dict.fromkeys(found)]
