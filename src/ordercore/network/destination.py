"""Where an order goes, without saying to whom."""

from __future__ import annotations

import re

import attrs

from ordercore.kernel import PersonRef, checked, problems
from ordercore.network.geo import GeoPoint
from ordercore.network.postcode import is_postcode_class
from ordercore.network.region import Region

__all__ = ["Destination"]

_HEX = re.compile(r"[0-9a-f]{32,128}", re.ASCII)


@attrs.frozen
@checked
class Destination:
    """What carts, orders and demands hold of a recipient: enough to price, tax and route.

    Never personal data: names, streets, phones and e-mails stay in the
    :class:`~ordercore.network.PersonRecord` that ``person`` points to. ``digest`` is that record's
    keyed digest (lower-case hex); equal digests mean an equal recipient, and only the holder of
    the secret can make one. ``point`` should be coarse (:meth:`GeoPoint.coarse`).

    Raises:
        InvalidBatch: ``destination.region``, ``destination.postcode_class`` (a class has at most
            four characters: a whole postcode is refused), ``destination.point``,
            ``destination.digest``.

    Example:
        >>> Destination(Region("GB", "ENG", "Leeds"), postcode_class="LS1", person="p-7").person
        PersonRef('p-7')
    """

    region: Region
    postcode_class: str = attrs.field(default="", kw_only=True)
    point: GeoPoint | None = attrs.field(default=None, kw_only=True)
    person: PersonRef | None = attrs.field(
        default=None, converter=attrs.converters.optional(PersonRef), kw_only=True
    )
    digest: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.region, Region):
            faults.add("destination.region", "region", self.region, "a Region")
        if not is_postcode_class(self.postcode_class):
            # The value is withheld: what is too fine for a class may point to a person.
            faults.add(
                "destination.postcode_class",
                "postcode_class",
                "(withheld)",
                "at most four of A to Z and 0 to 9",
            )
        if self.point is not None and not isinstance(self.point, GeoPoint):
            faults.add("destination.point", "point", self.point, "a GeoPoint or None")
        if self.digest != "" and (
            not isinstance(self.digest, str) or _HEX.fullmatch(self.digest) is None
        ):
            faults.add("destination.digest", "digest", "(withheld)", "32 to 128 hex digits")
        faults.raise_if_any("destination")
