"""The two runners: one for plain calls, one for awaited ones, over the same workflow text.

A workflow is split into steps, each some reads and then one commit. When a commit meets a version
conflict, the runner starts the workflow again, answers everything up to the last commit that
succeeded from what it noted, and asks the reads of the open step afresh, so that the decision is
taken again on the new state. Nothing that was committed is ever asked twice.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from ordercore.kernel import ConcurrencyConflict, InvalidValue, InvariantViolation, answering
from ordercore.ports import AsyncPorts, Ports
from ordercore.workflows.request import Request, Workflow

__all__ = ["arun", "run"]

T = TypeVar("T")


class _Run(Generic[T]):
    """A workflow under way with what was asked and answered; both runners drive one."""

    __slots__ = ("_attempts", "_left", "_noted", "_script", "_settled", "_workflow", "result")

    def __init__(self, workflow: Workflow[T], attempts: int) -> None:
        if type(attempts) is not int or attempts < 1:
            raise InvalidValue("workflow.attempts", "attempts", attempts, "an integer ≥ 1")
        self._workflow = workflow
        self._attempts = self._left = attempts
        self._noted: list[tuple[Request[object], object]] = []
        self._settled = 0
        self._script = workflow.start()
        self.result: T

    def advance(self, reply: object) -> Request[object] | None:
        """The next request after ``reply``; None when the workflow has its result."""
        try:
            return self._script.send(reply)
        except StopIteration as stop:
            self.result = stop.value
            return None

    def note(self, request: Request[object], reply: object) -> None:
        self._noted.append((request, reply))
        if request.settles:
            # From here on a conflict belongs to the next step, with its own attempts.
            self._settled = len(self._noted)
            self._left = self._attempts

    def again(
        self, asked: Request[object], conflict: ConcurrencyConflict
    ) -> Request[object] | None:
        """Start over to the last commit; the first request of the open step."""
        self._left -= 1
        if self._left <= 0:
            raise conflict
        settled, opened = self._noted[: self._settled], self._noted[self._settled :]
        # What opens the step hangs on settled replies alone, so it must be the same again.
        opening = opened[0][0] if opened else asked
        self._noted = settled
        self._script.close()
        self._script = self._workflow.start()
        request = self.advance(None)
        for noted, reply in settled:
            _require_same(request, noted)
            request = self.advance(reply)
        _require_same(request, opening)
        return request


def _require_same(request: Request[object] | None, noted: Request[object]) -> None:
    if request != noted:
        raise InvariantViolation(
            "INV-FLOW-1", f"asked {request!r} where the first run asked {noted!r}"
        )


@answering
def run(workflow: Workflow[T], ports: Ports, *, attempts: int = 3) -> T:
    """Run a workflow against plain adapters and give its result.

    Args:
        workflow: A value whose ``start()`` gives a fresh generator.
        ports: The adapters.
        attempts: How often one commit may be tried in all before its conflict is raised.

    Raises:
        ConcurrencyConflict: still in conflict after ``attempts`` tries.
        PortFailure: from an adapter; nothing of the open step was saved.
        InvariantViolation: ``INV-FLOW-1``, a workflow that asks something else when it is replayed.

    Example:
        >>> from ordercore.memory import memory_ports
        >>> from ordercore.workflows import LoadOrder, perform
        >>> class Known:
        ...     def start(self):
        ...         order = yield from perform(LoadOrder("o-1"))
        ...         return order is not None
        >>> run(Known(), memory_ports())
        False
    """
    state = _Run(workflow, attempts)
    request = state.advance(None)
    while request is not None:
        try:
            reply = request.ask(ports)
        except ConcurrencyConflict as conflict:
            request = state.again(request, conflict)
            continue
        state.note(request, reply)
        request = state.advance(reply)
    return state.result


@answering
async def arun(workflow: Workflow[T], ports: AsyncPorts, *, attempts: int = 3) -> T:
    """Run a workflow against awaited adapters; the same rules as :func:`run`.

    It awaits nothing but the adapters, so it runs under any event loop.
    """
    state = _Run(workflow, attempts)
    request = state.advance(None)
    while request is not None:
        try:
            reply = await request.ask_async(ports)
        except ConcurrencyConflict as conflict:
            request = state.again(request, conflict)
            continue
        state.note(request, reply)
        request = state.advance(reply)
    return state.result
