"""The embedded default: in-memory adapters for every port.

For a first run, for tests, and as the model that other adapters are compared with. A commit is
checked against the expected versions and then applied whole, exactly as a database adapter must.

Example:
    >>> from ordercore.memory import MemoryStore, memory_ports
    >>> store = MemoryStore()
    >>> ports = memory_ports(store=store)
    >>> len(store.orders), ports.orders.load("o-1")
    (0, None)
"""

from ordercore.memory.channel import AsyncMemoryChannel, MemoryChannel
from ordercore.memory.store import MemoryStore, async_memory_ports, memory_ports

__all__ = [
    "AsyncMemoryChannel",
    "MemoryChannel",
    "MemoryStore",
    "async_memory_ports",
    "memory_ports",
]
