"""Decoding, schema versions and JSON Schema; the encoding itself is the kernel's.

A :class:`Codec` writes any public value as canonical JSON with the name of its schema, and reads it
back through the constructors, so that stored data is checked like any other input. Old versions
are lifted by upcasters, one version at a time. Every fault of a document is reported at once, with
its JSON path. Floats are refused on the way in and on the way out.

Example:
    >>> from ordercore.codec import Codec
    >>> from ordercore.inventory import Receive
    >>> codec = Codec()
    >>> command = Receive(sku="TEA", node="ningbo", quantity=4, command_id="c-1")
    >>> codec.loads(codec.dumps(command), Receive) == command
    True
"""

from ordercore.codec.decoder import PACKAGES, Decoder
from ordercore.codec.envelope import Codec, Upcaster
from ordercore.codec.fast import msgspec_codec
from ordercore.codec.schema import json_schema
from ordercore.codec.strict_json import MAX_DEPTH

__all__ = [
    "MAX_DEPTH",
    "PACKAGES",
    "Codec",
    "Decoder",
    "Upcaster",
    "json_schema",
    "msgspec_codec",
]
