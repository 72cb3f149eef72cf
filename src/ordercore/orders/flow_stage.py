"""Where something of an order stands on its flow: the pin of the machine, and the stage."""

from __future__ import annotations

import attrs

from ordercore.kernel import Choice, Instant, changed, checked, instant_at, trusted
from ordercore.statemachine import MachinePin

__all__ = ["FlowStage", "FlowSubject"]


class FlowSubject(Choice):
    """What goes by a flow."""

    FULFILMENT = "fulfilment"
    """A fulfilment order: units on their way to the buyer."""
    RETURN = "return"
    """A return: units on their way back."""


def _since(value: Instant | str) -> Instant:
    return instant_at(value, "since")


def _active_at(value: Instant | str) -> Instant:
    return instant_at(value, "active_at")


@attrs.frozen(kw_only=True)
@checked
class FlowStage:
    """A stage of a pinned machine, since when, and what it counts as.

    ``counts_as`` is the ledger position that the stage declares. ``active_at`` is the last sign of
    life, by which limits without activity are measured; ``passed`` names the limits of the stage
    that were reported.

    Example:
        >>> from ordercore.orders import RETURN
        >>> here = FlowStage.of(RETURN.pin, "expected", "return_requested", at="2026-11-11T00:00Z")
        >>> here.stage, here.ended
        ('expected', False)
    """

    flow: MachinePin
    stage: str
    counts_as: str
    ended: bool = False
    since: Instant = attrs.field(converter=_since)
    active_at: Instant = attrs.field(converter=_active_at)
    passed: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, flow: MachinePin, stage: str, counts_as: str, *, at: Instant | str, ended: bool = False
    ) -> FlowStage:
        """A stage that begins now."""
        return trusted(cls)(
            flow=flow,
            stage=stage,
            counts_as=counts_as,
            ended=ended,
            since=_since(at),
            active_at=_since(at),
        )

    def active(self, at: Instant) -> FlowStage:
        """The same stage after a sign of life: limits begin anew."""
        return changed(self, active_at=max(self.active_at, at), passed=())

    def entered(self, stage: str, counts_as: str, *, at: Instant, ended: bool) -> FlowStage:
        """Another stage of the same machine, from now on; the same one is only alive."""
        if stage == self.stage:
            return self.active(at)
        return FlowStage.of(self.flow, stage, counts_as, at=at, ended=ended)

    def migrated(
        self, flow: MachinePin, stage: str, counts_as: str, *, since: Instant, ended: bool = False
    ) -> FlowStage:
        """The stage of another version that goes on from here."""
        same = stage == self.stage
        return changed(
            self,
            flow=flow,
            stage=stage,
            counts_as=counts_as,
            ended=ended,
            since=since,
            active_at=max(self.active_at, since) if same else since,
            passed=self.passed if same else (),
        )

    def reported(self, limit: str) -> FlowStage:
        """A limit was passed and told, and is not again before something happens."""
        return changed(self, passed=(*self.passed, limit))
