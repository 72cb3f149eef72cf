"""The record of a person: kept apart from orders, and erasable without touching them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import attrs

from ordercore.kernel import PersonRef, as_tuple, checked, keyed_digest, problems
from ordercore.network.destination import Destination
from ordercore.network.geo import GeoPoint
from ordercore.network.postcode import (
    POSTCODE_CLASS_RULES,
    PostcodeClassRule,
    postcode_class,
)
from ordercore.network.region import Region

__all__ = ["Address", "PersonRecord"]

_MAX_TEXT = 500
_WITHHELD = "(withheld)"
_DIGEST_FORM = "person/1"


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    # A plain string is kept whole and refused below; as an iterable it would fall into letters.
    return (given,) if isinstance(given, str) else as_tuple(given)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT


def _normal(text: str) -> str:
    """Case, width, accents' encoding, punctuation and blanks do not make another person."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def _normal_phone(text: str) -> str:
    """Digits only, without leading zeros: ``+44`` and ``0044`` are one prefix."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if c.isascii() and c.isdigit()).lstrip("0")


@attrs.frozen
@checked
class Address:
    """Street lines, postcode and region of a person; personal, so its ``repr`` shows the region.

    Raises:
        InvalidBatch: ``address.region``, ``address.lines``, ``address.postcode``. The offending
            value is withheld, because errors end in logs.

    Example:
        >>> Address(Region("GB", "ENG", "London"), lines=["10 Downing St"], postcode="SW1A 2AA")
        Address(region=Region(country='GB', subdivision='ENG', city='London'))
    """

    region: Region
    lines: tuple[str, ...] = attrs.field(default=(), converter=_texts, repr=False, kw_only=True)
    postcode: str = attrs.field(default="", repr=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.region, Region):
            faults.add("address.region", "region", _WITHHELD, "a Region")
        for index, line in enumerate(self.lines):
            if not _is_text(line):
                faults.add("address.lines", f"lines[{index}]", _WITHHELD, "text of 500 at most")
        if not _is_text(self.postcode):
            faults.add("address.postcode", "postcode", _WITHHELD, "text of 500 at most")
        faults.raise_if_any("address")


@attrs.frozen
@checked
class PersonRecord:
    """Name, contacts and address of a recipient: the separate value that can be erased.

    Orders hold only its ``ref`` and the :class:`Destination` made from it; deleting the record
    leaves every order, total and audit valid. ``repr`` prints the reference and nothing else.

    Raises:
        InvalidBatch: ``person.name``, ``person.emails``, ``person.phones``, ``person.address``;
            the offending value is withheld.

    Example:
        >>> ada = PersonRecord("p-1", name="Ada", address=Address(Region("GB"), postcode="W1S 4BP"))
        >>> ada
        PersonRecord(ref=PersonRef('p-1'))
        >>> ada.destination(b"a secret of the host").postcode_class
        'W1S'
    """

    ref: PersonRef = attrs.field(converter=PersonRef)
    name: str = attrs.field(repr=False, kw_only=True)
    address: Address = attrs.field(repr=False, kw_only=True)
    emails: tuple[str, ...] = attrs.field(default=(), converter=_texts, repr=False, kw_only=True)
    phones: tuple[str, ...] = attrs.field(default=(), converter=_texts, repr=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not _is_text(self.name):
            faults.add("person.name", "name", _WITHHELD, "text of 500 at most")
        if not isinstance(self.address, Address):
            faults.add("person.address", "address", _WITHHELD, "an Address")
        for field, values in (("emails", self.emails), ("phones", self.phones)):
            for index, value in enumerate(values):
                if not _is_text(value):
                    place = f"{field}[{index}]"
                    faults.add(f"person.{field}", place, _WITHHELD, "text of 500 at most")
        faults.raise_if_any("person")

    def digest(self, secret: bytes) -> str:
        """The keyed digest by which two records of one recipient are found to be the same.

        Taken over name, address and phones; not over the reference and e-mails, which differ
        between channels for one household. Letter case, width, punctuation, blanks, the breaking
        of street lines and the order of phones make no difference.

        Raises:
            InvalidValue: ``digest.secret`` unless the secret has 16 to 64 bytes.
        """
        address = self.address
        region = address.region
        return keyed_digest(
            secret,
            _DIGEST_FORM,
            _normal(self.name),
            _normal(" ".join(address.lines)),
            region.country,
            _normal(region.subdivision),
            _normal(region.city),
            _normal(address.postcode).replace(" ", ""),
            *sorted({_normal_phone(phone) for phone in self.phones}),
        )

    def destination(
        self,
        secret: bytes,
        point: GeoPoint | None = None,
        *,
        grid_e6: int = 10_000,
        rules: Iterable[PostcodeClassRule] = POSTCODE_CLASS_RULES,
    ) -> Destination:
        """What an order may keep: region, postcode class, coarse point, reference and digest.

        ``point`` is where the host's geocoder places the address; it is moved to a grid of
        ``grid_e6`` microdegrees, since an exact one names the house.

        Raises:
            InvalidValue: ``digest.secret`` as :meth:`digest`, ``geo.grid`` as
                :meth:`GeoPoint.coarse`.

        Example:
            >>> eve = PersonRecord("p-2", name="Eve", address=Address(Region("FR", city="Lyon")))
            >>> eve.destination(b"0123456789abcdef", GeoPoint.of("45.764043", "4.835659")).point
            GeoPoint(lat_e6=45760000, lon_e6=4840000)
        """
        region = self.address.region
        return Destination(
            region,
            postcode_class=postcode_class(region.country, self.address.postcode, rules),
            point=None if point is None else point.coarse(grid_e6),
            person=self.ref,
            digest=self.digest(secret),
        )
