"""The audit of one order as a file that anyone can check, also without this library."""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import answering, canonical_text
from ordercore.orders.audit.proof import order_proofs, order_root
from ordercore.orders.audit.trail import audit_trail, decisions
from ordercore.orders.cause import Happened
from ordercore.orders.chain import sealed_text

__all__ = ["audit_evidence"]

_FORMAT = "ordercore.audit/1"


@answering
def audit_evidence(events: Iterable[Happened]) -> bytes:
    r"""The decisions of an order as JSON lines: the same events, the same bytes.

    The first line names the format and gives the order's id, the number of decisions, the ``head``
    of the chain and the Merkle ``root`` over the seals. Then a line per decision: its ``entry`` of
    the trail, the ``sealed`` text whose SHA-256 is the entry's ``after``, and the ``proof`` that it
    is under the root. Nothing is needed to check it but SHA-256: each ``before`` is the ``after``
    of the line above, each ``after`` the hash of ``sealed``. UTF-8, a line feed after each line.

    O(size of the events + n log n) for n decisions.

    Example:
        >>> audit_evidence(()).count(b"\n")
        1
    """
    known = tuple(events)
    entries = audit_trail(known)
    lines = [
        canonical_text(
            {
                "format": _FORMAT,
                "order_id": str(known[0].order_id) if known else "",
                "decisions": len(entries),
                "head": entries[-1].after if entries else "",
                "root": order_root(known),
            }
        )
    ]
    proofs = order_proofs(known)
    for entry, told, proof in zip(entries, decisions(known), proofs, strict=True):
        lines.append(
            canonical_text(
                {
                    "entry": entry,
                    "sealed": sealed_text(told[0].cause, told),
                    "proof": proof,
                }
            )
        )
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
