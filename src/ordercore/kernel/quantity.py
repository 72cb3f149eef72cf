"""Quantities: a whole number of the smallest step of a unit. Exact, or refused."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import final

import attrs

from ordercore.kernel.errors import InvalidValue, PrecisionLoss
from ordercore.kernel.exact import decimal_text, scaled_int
from ordercore.kernel.units import STANDARD_UNITS, Unit

__all__ = ["Quantity", "Unit"]


def _number_and_name(text: object) -> tuple[str, str]:
    if isinstance(text, str) and " " in text:
        number, _, name = text.partition(" ")
        return number, name
    raise InvalidValue("quantity.text", "", text, "text such as '12.5 L'")


@final
@attrs.frozen(eq=False)
class Quantity:
    """``amount`` × 10^-scale of a unit: ``Quantity(12500, LITRE)`` is 12.5 L.

    Quantities of one dimension are equal, ordered and hashed by their size, whatever their units
    (1000 g is 1 kg). Sums are in the left unit. Two dimensions refuse to meet, except in ``==``,
    where they are simply not equal.

    Raises:
        InvalidValue: ``quantity.amount`` when ``amount`` is not an int, ``quantity.unit`` when
            ``unit`` is not a Unit.

    Example:
        >>> from ordercore.kernel.units import GRAM, KILOGRAM, LITRE
        >>> str(Quantity(12500, LITRE)), Quantity.of(1, KILOGRAM) == Quantity(1000, GRAM)
        ('12.500 L', True)
        >>> Quantity(1, GRAM) + Quantity(1, LITRE)
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: quantity.mixed_dimensions at dimension: ...
    """

    amount: int
    unit: Unit

    def __attrs_post_init__(self) -> None:
        if type(self.amount) is not int:
            raise InvalidValue(
                "quantity.amount", "amount", self.amount, "an int of the unit's steps"
            )
        if type(self.unit) is not Unit:
            raise InvalidValue("quantity.unit", "unit", self.unit, "a Unit")

    @classmethod
    def of(cls, value: str | int | Decimal | Fraction, unit: Unit) -> Quantity:
        """A quantity from a number of whole units, exactly.

        Raises:
            PrecisionLoss: more decimals than the unit keeps.
            InvalidValue: ``quantity.float``, ``quantity.not_a_number`` or ``quantity.too_long``.

        Example:
            >>> from ordercore.kernel.units import KILOGRAM
            >>> Quantity.of("0.25", KILOGRAM).amount
            250
        """
        return cls(scaled_int(value, cls(0, unit).unit.scale, "quantity"), unit)

    @classmethod
    def parse(cls, text: str, units: Iterable[Unit] = STANDARD_UNITS) -> Quantity:
        """A quantity from its text form: a plain number, one blank, a symbol or a code.

        Args:
            text: Such as ``12.5 L`` or ``12.5 LTR``.
            units: Where the symbol is looked up; the first that has it as symbol or code wins.

        Raises:
            InvalidValue: ``quantity.text``, ``quantity.unknown_unit``, or what :meth:`of` raises.

        Example:
            >>> Quantity.parse("12.5 L") == Quantity.parse("12500 MLT")
            True
        """
        number, name = _number_and_name(text)
        for unit in units:
            if name in (unit.symbol, unit.code):
                return cls.of(number, unit)
        raise InvalidValue("quantity.unknown_unit", "unit", name, "the symbol or code of a unit")

    @property
    def value(self) -> Decimal:
        """The number of whole units, exact whatever the decimal context.

        Example:
            >>> Quantity.parse("0.25 kg").value
            Decimal('0.250')
        """
        return Decimal(decimal_text(self.amount, self.unit.scale))

    @property
    def size(self) -> Fraction:
        """The quantity in its dimension's base unit (kilogram, metre, cubic metre, second, one).

        Example:
            >>> Quantity.parse("250 g").size
            Fraction(1, 4)
        """
        return self.amount * self.unit.step

    def to(self, unit: Unit) -> Quantity:
        """The same quantity in another unit, exactly.

        Raises:
            PrecisionLoss: the unit's steps are too coarse for it.
            InvalidValue: ``quantity.mixed_dimensions``.

        Example:
            >>> from ordercore.kernel.units import KILOGRAM, TONNE
            >>> str(Quantity.parse("1500 g").to(KILOGRAM))
            '1.500 kg'
            >>> Quantity.parse("1 g").to(TONNE)
            Traceback (most recent call last):
            ...
            ordercore.kernel.errors.PrecisionLoss: number.precision_loss: expected ..., got '1 g'
        """
        if unit == self.unit:
            return self
        self._require_same_dimension(unit)
        steps = self.size / unit.step
        if steps.denominator != 1:
            raise PrecisionLoss(str(self), unit.scale)
        return Quantity(steps.numerator, unit)

    def format(self) -> str:
        """The text form with all decimals the unit keeps; :meth:`parse` reads it back.

        Example:
            >>> Quantity.parse("3 each").format()
            '3 each'
        """
        return f"{decimal_text(self.amount, self.unit.scale)} {self.unit.symbol}"

    def __str__(self) -> str:
        return self.format()

    def __bool__(self) -> bool:
        return self.amount != 0

    def __add__(self, other: Quantity) -> Quantity:
        if type(other) is not Quantity:
            return NotImplemented
        return Quantity(self.amount + self._steps_of(other), self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        if type(other) is not Quantity:
            return NotImplemented
        return Quantity(self.amount - self._steps_of(other), self.unit)

    def __neg__(self) -> Quantity:
        return Quantity(-self.amount, self.unit)

    def __abs__(self) -> Quantity:
        return Quantity(abs(self.amount), self.unit)

    def __mul__(self, factor: int) -> Quantity:
        if type(factor) is not int:
            raise InvalidValue("quantity.factor", "factor", factor, "an int")
        return Quantity(self.amount * factor, self.unit)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        if type(other) is not Quantity:
            return NotImplemented
        return self.unit.dimension == other.unit.dimension and self.size == other.size

    def __hash__(self) -> int:
        return hash((self.unit.dimension, self.size))

    def __lt__(self, other: Quantity) -> bool:
        if type(other) is not Quantity:
            return NotImplemented
        return self._difference(other) < 0

    def __le__(self, other: Quantity) -> bool:
        if type(other) is not Quantity:
            return NotImplemented
        return self._difference(other) <= 0

    def __gt__(self, other: Quantity) -> bool:
        if type(other) is not Quantity:
            return NotImplemented
        return self._difference(other) > 0

    def __ge__(self, other: Quantity) -> bool:
        if type(other) is not Quantity:
            return NotImplemented
        return self._difference(other) >= 0

    def _steps_of(self, other: Quantity) -> int:
        self._require_same_dimension(other.unit)
        return other.to(self.unit).amount

    def _difference(self, other: Quantity) -> Fraction | int:
        if self.unit is other.unit:
            return self.amount - other.amount
        self._require_same_dimension(other.unit)
        return self.size - other.size

    def _require_same_dimension(self, unit: Unit) -> None:
        if unit.dimension != self.unit.dimension:
            raise InvalidValue(
                "quantity.mixed_dimensions",
                "dimension",
                unit.dimension,
                f"dimension {self.unit.dimension}",
            )
