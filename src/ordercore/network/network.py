"""The network: every node and carrier service of a merchant, checked together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import attrs

from ordercore.kernel import (
    Currency,
    FaultList,
    NodeId,
    NotFound,
    ServiceId,
    checked,
    digest,
    problems,
    sorted_tuple,
)
from ordercore.network.carrier import CarrierService
from ordercore.network.node import Node

__all__ = ["Network"]


def _nodes(given: Iterable[Node]) -> tuple[Node, ...]:
    return sorted_tuple(given, Node, lambda node: node.id)


def _services(given: Iterable[CarrierService]) -> tuple[CarrierService, ...]:
    return sorted_tuple(given, CarrierService, lambda service: service.id)


@attrs.frozen
@checked
class Network:
    """Nodes and carrier services, sorted by id, so that the order of input never matters.

    Amounts are in one currency throughout, ids are unique, and a service names only nodes that
    exist. A network may be empty. Lookup is O(1).

    Raises:
        InvalidBatch: all of ``network.duplicate_node``, ``network.duplicate_service``,
            ``network.unknown_node``, ``network.currency`` that apply, at once.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.network import GeoPoint, Region
        >>> def node(id, lat, lon):
        ...     return Node(
        ...         id, GeoPoint.of(lat, lon), Region("CN"), cost_per_shipment=Money(500, "CNY")
        ...     )
        >>> network = Network([node("ningbo", "29.87", "121.54"), node("hefei", "31.82", "117.23")])
        >>> [node.id for node in network.nodes], network.node("hefei").region.country
        ([NodeId('hefei'), NodeId('ningbo')], 'CN')
        >>> network.node("lhasa")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.NotFound: no node 'lhasa'
    """

    nodes: tuple[Node, ...] = attrs.field(default=(), converter=_nodes)
    services: tuple[CarrierService, ...] = attrs.field(default=(), converter=_services)
    _node_index: dict[str, Node] = attrs.field(init=False, eq=False, repr=False)
    _service_index: dict[str, CarrierService] = attrs.field(init=False, eq=False, repr=False)
    _digest: str = attrs.field(default="", init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        nodes: dict[str, Node] = {node.id: node for node in self.nodes}
        services: dict[str, CarrierService] = {service.id: service for service in self.services}
        object.__setattr__(self, "_node_index", nodes)
        object.__setattr__(self, "_service_index", services)
        faults = problems()
        self._check_duplicates(faults)
        for service in self.services:
            for node_id in sorted(service.nodes or ()):
                if node_id not in nodes:
                    place = f"services[{service.id}].nodes"
                    faults.add("network.unknown_node", place, str(node_id), "a node's id")
        currencies = {node.cost_per_shipment.currency for node in self.nodes}
        currencies.update(service.rates.currency for service in self.services)
        if len(currencies) > 1:
            faults.add("network.currency", "", tuple(sorted(currencies)), "one currency")
        faults.raise_if_any("network")

    def _check_duplicates(self, faults: FaultList) -> None:
        for node, next_node in pairwise(self.nodes):
            if node.id == next_node.id:
                faults.add("network.duplicate_node", "nodes", str(node.id), "an id used once")
        for service, next_service in pairwise(self.services):
            if service.id == next_service.id:
                shown = str(service.id)
                faults.add("network.duplicate_service", "services", shown, "an id used once")

    def __reduce__(
        self,
    ) -> tuple[type[Network], tuple[tuple[Node, ...], tuple[CarrierService, ...]]]:
        return Network, (self.nodes, self.services)

    def node(self, node_id: NodeId | str) -> Node:
        """The node of this id.

        Raises:
            NotFound: where there is none.
        """
        node = self._node_index.get(node_id)
        if node is None:
            raise NotFound("node", str(node_id))
        return node

    def service(self, service_id: ServiceId | str) -> CarrierService:
        """The carrier service of this id.

        Raises:
            NotFound: where there is none.
        """
        service = self._service_index.get(service_id)
        if service is None:
            raise NotFound("service", str(service_id))
        return service

    def services_at(self, node_id: NodeId | str) -> tuple[CarrierService, ...]:
        """The services that collect at a node, sorted by id.

        Raises:
            NotFound: for a node that does not exist.
        """
        node = self.node(node_id)
        return tuple(service for service in self.services if service.collects_from(node))

    @property
    def currency(self) -> Currency | None:
        """The one currency of all costs and rates; None for an empty network."""
        if self.nodes:
            return self.nodes[0].cost_per_shipment.currency
        if self.services:
            return self.services[0].rates.currency
        return None

    @property
    def digest(self) -> str:
        """The digest of all nodes and services, made on first use and kept: plans carry it."""
        if not self._digest:
            object.__setattr__(self, "_digest", digest(self))
        return self._digest
