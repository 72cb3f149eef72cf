"""What a buyer states about taxes: registrations and certificates of exemption."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Instant, Span, checked, problems, sorted_tuple, sorted_unique
from ordercore.network import Region

__all__ = ["NOTHING_STATED", "TaxExemption", "TaxRegistration", "TaxStatus"]


@attrs.frozen(order=True)
@checked
class TaxRegistration:
    """A buyer's registration for tax in a country, such as a VAT number; the host has verified it.

    ``number`` may stay empty where the host keeps it elsewhere. It is meant for companies: where
    a person trades under it, keep it in the person's record instead.

    Raises:
        InvalidBatch: ``region.country`` unless the country is two letters A to Z.

    Example:
        >>> TaxRegistration("FR", "FR40303265045").country
        'FR'
    """

    country: str
    number: str = ""

    def __attrs_post_init__(self) -> None:
        Region(self.country)


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


@attrs.frozen
@checked
class TaxExemption:
    """A certificate that frees its holder from taxes on what goes to a region.

    ``region`` None is everywhere. Without ``components`` or ``categories`` it holds for all of
    them. What it frees is taxed at zero as ``exempt``, with ``reason`` (the certificate where that
    is empty) kept for the invoice.

    Raises:
        InvalidBatch: ``tax_exemption.certificate``, ``tax_exemption.components`` and
            ``tax_exemption.categories`` with an empty name.

    Example:
        >>> resale = TaxExemption("CA-SR-1234", region=Region("US", "CA"))
        >>> resale.region.covers(Region("US", "CA", "Oakland"))
        True
    """

    certificate: str
    region: Region | None = attrs.field(default=None, kw_only=True)
    components: tuple[str, ...] = attrs.field(default=(), converter=_names, kw_only=True)
    categories: tuple[str, ...] = attrs.field(default=(), converter=_names, kw_only=True)
    span: Span = attrs.field(factory=Span, kw_only=True)
    reason: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.certificate:
            faults.add("tax_exemption.certificate", "certificate", self.certificate, "a number")
        for name in ("components", "categories"):
            for position, text in enumerate(getattr(self, name)):
                if text == "":
                    faults.add(f"tax_exemption.{name}", f"{name}[{position}]", text, "a name")
        faults.raise_if_any("tax exemption")

    def frees(self, category: str, component: str, region: Region | None, at: Instant) -> bool:
        """Whether it frees what goes to a region of a category's tax at a moment.

        Example:
            >>> from ordercore.kernel import instant
            >>> band = TaxExemption("band", region=Region("CA"), components=["pst"])
            >>> now = instant("2026-01-01T00:00Z")
            >>> [band.frees("standard", tax, Region("CA", "BC"), now) for tax in ("gst", "pst")]
            [False, True]
        """
        here = self.region is None or (region is not None and self.region.covers(region))
        return (
            here
            and (not self.components or component in self.components)
            and (not self.categories or category in self.categories)
            and at in self.span
        )


def _registrations(given: Iterable[TaxRegistration]) -> tuple[TaxRegistration, ...]:
    return sorted_tuple(given, TaxRegistration, lambda each: each)


def _exemptions(given: Iterable[TaxExemption]) -> tuple[TaxExemption, ...]:
    return sorted_tuple(given, TaxExemption, lambda each: each.certificate)


@attrs.frozen(kw_only=True)
@checked
class TaxStatus:
    """Everything that a buyer states about taxes; by default nothing. The order does not matter.

    Raises:
        InvalidBatch: ``tax_status.duplicate_certificate``.

    Example:
        >>> trade = TaxStatus(registrations=[TaxRegistration("FR")])
        >>> trade.registered_in("FR"), trade.registered_in("DE")
        (True, False)
    """

    registrations: tuple[TaxRegistration, ...] = attrs.field(default=(), converter=_registrations)
    exemptions: tuple[TaxExemption, ...] = attrs.field(default=(), converter=_exemptions)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        seen: set[str] = set()
        for position, each in enumerate(self.exemptions):
            if each.certificate in seen:
                path = f"exemptions[{position}]"
                faults.add("tax_status.duplicate_certificate", path, each.certificate, "one each")
            seen.add(each.certificate)
        faults.raise_if_any("tax status")

    def registered_in(self, country: str | None) -> bool:
        """Whether the buyer is registered in a country; None: in any."""
        if country is None:
            return bool(self.registrations)
        return any(each.country == country for each in self.registrations)


NOTHING_STATED = TaxStatus()
"""The status of a buyer who states nothing."""
