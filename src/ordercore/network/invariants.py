"""The laws of the network, from which tests and the documentation's table are made."""

from __future__ import annotations

from ordercore.kernel import Invariant, Violation
from ordercore.network.destination import Destination
from ordercore.network.geo import GeoPoint, distance_m
from ordercore.network.network import Network
from ordercore.network.person import PersonRecord

__all__ = ["INVARIANTS"]


def _symmetric(a: GeoPoint, b: GeoPoint) -> Violation | None:
    there, back = distance_m(a, b), distance_m(b, a)
    if there == back and (there == 0 or a != b):
        return None
    return Violation("INV-NETWORK-1", {"a": str(a), "b": str(b), "there_m": there, "back_m": back})


def _impersonal(record: PersonRecord, destination: Destination) -> Violation | None:
    kept = (destination.postcode_class, destination.person or "", destination.digest)
    personal = (record.name, *record.emails, *record.phones, *record.address.lines)
    leaked = sum(1 for text in personal if text and any(text in value for value in kept))
    if destination.region == record.address.region and not leaked:
        return None
    return Violation("INV-NETWORK-2", {"leaked_texts": leaked, "region": str(destination.region)})


def _rated(network: Network, destination: Destination) -> Violation | None:
    for service in network.services:
        for node in network.nodes:
            zone = service.zone(node, destination)
            if (zone is None) != (service.rate(node, destination) is None):
                return Violation("INV-NETWORK-3", {"service": service.id, "node": node.id})
    return None


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-NETWORK-1",
        "two positions",
        "A distance is the same in both directions, and zero from a point to itself.",
        _symmetric,
    ),
    Invariant(
        "INV-NETWORK-2",
        "a person's record and its destination",
        "A destination keeps a person's region, and no name, e-mail, phone or street line.",
        _impersonal,
    ),
    Invariant(
        "INV-NETWORK-3",
        "a network and a destination",
        "Every zone that a service can answer has a rate.",
        _rated,
    ),
)
