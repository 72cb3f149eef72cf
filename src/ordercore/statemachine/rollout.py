"""Which version serves which order, while a new one is rolled out.

An order's bucket is a stable digest of its key, so every process gives the same answer for ever. A
wave takes the orders of its channels whose bucket lies below its share. All waves share one line of
buckets: raising a share takes more orders into the wave and sends none back.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import attrs

from ordercore.kernel import (
    Choice,
    FaultList,
    InvalidBatch,
    InvalidValue,
    Json,
    as_tuple,
    checked,
    expect,
    partition,
    problems,
)
from ordercore.statemachine.json_reading import JsonObject, made
from ordercore.statemachine.names import check_names, exact, name_set
from ordercore.statemachine.pin import MachinePin

__all__ = ["BUCKETS", "Assignment", "Considered", "RollOut", "Wave", "WaveAnswer", "wave"]

BUCKETS = 10_000
"""How finely orders are shared out: hundredths of a percent."""


@attrs.frozen
@checked
class Wave:
    """A share of the orders, of some channels or of all, that a version serves.

    Args:
        pin: The version.
        basis_points: How many of 10,000 orders; 10,000 is all of them.
        channels: Only orders of these; of all channels where none is named.

    Raises:
        InvalidBatch: ``rollout.share`` for anything but an integer 0 to 10,000; ``machine.name``
            for a channel that is no name; ``type.wrong`` for a pin that is none.

    Example:
        >>> wave(MachinePin("fulfilment", "2", "0b"), percent="12.5").basis_points
        1250
    """

    pin: MachinePin
    basis_points: int = attrs.field(default=BUCKETS, kw_only=True)
    channels: tuple[str, ...] = attrs.field(default=(), converter=name_set, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        made(lambda: expect(self.pin, MachinePin, "pin"), "", faults)
        if type(self.basis_points) is not int or not 0 <= self.basis_points <= BUCKETS:
            expected = f"an integer 0 to {BUCKETS}"
            faults.add("rollout.share", "basis_points", self.basis_points, expected)
        check_names(self.channels, "channels", faults)
        faults.raise_if_any("wave of a roll-out")


def wave(
    pin: MachinePin, *, percent: int | str | Decimal = 100, channels: Iterable[str] = ()
) -> Wave:
    """A wave whose share is told in percent, exact to a hundredth.

    Raises:
        InvalidValue: ``rollout.percent`` for what is not 0 to 100 with at most two decimals.
        InvalidBatch: as :class:`Wave`.
    """
    return Wave(pin, basis_points=_basis_points(percent), channels=channels)


def _basis_points(percent: object) -> int:
    if isinstance(percent, int | str | Decimal) and not isinstance(percent, bool):
        try:
            number = Decimal(percent)
        except InvalidOperation:
            number = Decimal(-1)
        if number.is_finite() and 0 <= number <= 100:
            exactly = Fraction(number) * (BUCKETS // 100)
            if exactly.denominator == 1:
                return exactly.numerator
    raise InvalidValue("rollout.percent", "percent", percent, "0 to 100, at most two decimals")


class WaveAnswer(Choice):
    """What a wave said to an order."""

    TAKEN = "taken"
    OTHER_CHANNEL = "other_channel"
    BEYOND_SHARE = "beyond_share"


@attrs.frozen
@checked
class Considered:
    """One wave that was asked, and its answer."""

    wave: Wave
    answer: WaveAnswer = attrs.field(converter=WaveAnswer)


@attrs.frozen(kw_only=True)
@checked
class Assignment:
    """The version that serves an order, and why: its bucket, and every wave that was asked.

    Where no wave took the order, the base of the roll-out serves it.

    Example:
        >>> Assignment(pin=MachinePin("m", "1", "0a"), bucket=4711, considered=()).by_wave
        False
    """

    pin: MachinePin
    bucket: int
    considered: tuple[Considered, ...]

    @property
    def by_wave(self) -> bool:
        """Whether a wave took it, and not the base."""
        return any(each.answer is WaveAnswer.TAKEN for each in self.considered)


def _waves(given: Iterable[Wave]) -> tuple[Wave, ...]:
    return (given,) if isinstance(given, Wave) else as_tuple(given)


@attrs.frozen
@checked
class RollOut:
    """Which version serves which order: the first wave that takes it, else the base.

    Waves stand newest version first, those of one version together; ``basis_points`` of a wave says
    how many orders get its version *or a newer one*. The answer for a key is the same in every
    process and language, and never moves to an older version while shares only grow, channels are
    only added, and newer versions are put in front.

    Args:
        base: The version that serves everyone else.
        waves: Newest first.
        salt: What keeps two roll-outs from choosing the same orders; the machine's id where empty.
            It must not change while the roll-out lasts.

    Raises:
        InvalidBatch: ``rollout.machine`` for a wave of another machine, ``rollout.order`` where a
            version comes twice, with another between, or the base comes as a wave; ``type.wrong``.

    Example:
        >>> old, new = MachinePin("fulfilment", "1", "0a"), MachinePin("fulfilment", "2", "0b")
        >>> plan = RollOut(old, [wave(new, channels="douyin"), wave(new, percent=25)])
        >>> plan.choose("o-1", channel="douyin").pin.version
        '2'
        >>> chosen = plan.choose("o-1", channel="tmall")
        >>> chosen.pin.version, chosen.bucket, [each.answer.value for each in chosen.considered]
        ('1', 3410, ['other_channel', 'beyond_share'])
    """

    base: MachinePin
    waves: tuple[Wave, ...] = attrs.field(default=(), converter=_waves)
    salt: str = attrs.field(default="", converter=exact, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        made(lambda: expect(self.base, MachinePin, "base"), "", faults)
        made(lambda: expect(self.salt, str, "salt"), "", faults)
        for index, each in enumerate(self.waves):
            made(lambda: expect(each, Wave, f"waves[{index}]"), "", faults)  # noqa: B023 - called at once
        if not faults:
            self._check_order(faults)
        faults.raise_if_any("roll-out")

    def _check_order(self, faults: FaultList) -> None:
        passed = {self.base}
        last: MachinePin | None = None
        for index, each in enumerate(self.waves):
            if each.pin.machine != self.base.machine:
                expected = f"a version of {self.base.machine}"
                faults.add("rollout.machine", f"waves[{index}].pin", str(each.pin), expected)
            elif each.pin != last and each.pin in passed:
                expected = "each version once, newest first, the base apart"
                faults.add("rollout.order", f"waves[{index}].pin", str(each.pin), expected)
            passed.add(each.pin)
            last = each.pin

    def bucket(self, key: str) -> int:
        """Where an order stands on the line from 0 to 9,999: the kernel's partition of its key.

        Specified as ``partition(f"{salt}/{key}", 10_000)``.

        Raises:
            InvalidValue: ``type.wrong`` for a key that is no text.
        """
        return partition(f"{self.salt or self.base.machine}/{expect(key, str, 'key')}", BUCKETS)

    def choose(self, key: str, *, channel: str = "") -> Assignment:
        """The version that serves an order, and why. O(waves).

        An order that has a pin keeps it; it is asked once, when the order begins.

        Raises:
            InvalidValue: ``type.wrong`` for a key or a channel that is no text.
        """
        bucket = self.bucket(key)
        expect(channel, str, "channel")
        considered: list[Considered] = []
        for each in self.waves:
            answer = _answer(each, bucket, channel)
            considered.append(Considered(each, answer))
            if answer is WaveAnswer.TAKEN:
                return Assignment(pin=each.pin, bucket=bucket, considered=tuple(considered))
        return Assignment(pin=self.base, bucket=bucket, considered=tuple(considered))

    def to_json(self) -> dict[str, Json]:
        """The roll-out as plain JSON data, for people to read and keep.

        Example:
            >>> RollOut(MachinePin("m", "1", "0a")).to_json()
            {'base': {'machine': 'm', 'version': '1', 'digest': '0a'}, 'waves': []}
        """
        data: dict[str, Json] = {
            "base": _pin_to_json(self.base),
            "waves": [_wave_to_json(each) for each in self.waves],
        }
        return data | ({"salt": self.salt} if self.salt else {})

    @classmethod
    def from_json(cls, data: object) -> RollOut:
        """The roll-out of JSON data.

        Raises:
            InvalidBatch: every place where the data has another form (``machine.json``,
                ``machine.json_missing``, ``machine.json_unknown``), and what the values refuse.
        """
        faults = problems()
        found = JsonObject(data, "", faults, ("base", "waves"), ("salt",))
        base = _pin_from_json(found, "base")
        waves = [_wave_from_json(item, place, faults) for item, place in found.listed("waves")]
        salt = found.text("salt")
        if faults or base is None:
            raise InvalidBatch("roll-out", faults.faults)
        return cls(base, [each for each in waves if each is not None], salt=salt)


def _answer(each: Wave, bucket: int, channel: str) -> WaveAnswer:
    if each.channels and channel not in each.channels:
        return WaveAnswer.OTHER_CHANNEL
    return WaveAnswer.TAKEN if bucket < each.basis_points else WaveAnswer.BEYOND_SHARE


_PIN = ("machine", "version", "digest")


def _pin_to_json(pin: MachinePin) -> dict[str, Json]:
    return {"machine": pin.machine, "version": pin.version, "digest": pin.digest}


def _wave_to_json(each: Wave) -> dict[str, Json]:
    data: dict[str, Json] = {"pin": _pin_to_json(each.pin), "basis_points": each.basis_points}
    return data | ({"channels": list(each.channels)} if each.channels else {})


def _pin_from_json(within: JsonObject, key: str) -> MachinePin | None:
    if key not in within:
        return None
    found = within.inner(key, _PIN)
    texts = [found.text(name) for name in _PIN]
    return made(lambda: MachinePin(*texts), found.path, found.faults) if found.sound else None


def _wave_from_json(data: object, path: str, faults: FaultList) -> Wave | None:
    found = JsonObject(data, path, faults, ("pin", "basis_points"), ("channels",))
    pin = _pin_from_json(found, "pin")
    basis_points, channels = found.integer("basis_points"), found.texts("channels")
    if pin is None or not found.sound:
        return None
    return made(lambda: Wave(pin, basis_points=basis_points, channels=channels), path, faults)
