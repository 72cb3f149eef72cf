"""Evidence: what a gate may ask for, by its name; a document, a review, a number, a scan."""

from __future__ import annotations

import attrs

from ordercore.kernel import Instant, as_instant, checked, problems

__all__ = ["Evidence"]


@attrs.frozen(kw_only=True)
@checked
class Evidence:
    """A thing that was shown: its name, its own id, and which part of the order it is about.

    ``name`` is the word that gates use (``credit``, ``waybill.signed``); any is allowed. ``about``
    is the id of a fulfilment order, shipment, return or invoice, or empty for the whole order.
    ``digest`` is that of the document, which the order does not keep. ``withdrawn`` evidence does
    not count; evidence that was withdrawn stays so, whichever report came first.

    Raises:
        InvalidBatch: ``evidence.name`` when empty or with a colon, ``evidence.id`` when empty.

    Example:
        >>> seen = Evidence(
        ...     name="credit", evidence_id="cr-7", at="2026-11-11T00:00:00Z", by="credit"
        ... )
        >>> seen.counts_for(("s-1",)), seen.counts_for(())
        (True, True)
    """

    name: str
    evidence_id: str
    about: str = ""
    at: Instant = attrs.field(converter=as_instant)
    by: str
    digest: str = ""
    withdrawn: bool = False

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name or ":" in self.name:
            faults.add("evidence.name", "name", self.name, "a name without a colon")
        if not self.evidence_id:
            faults.add("evidence.id", "evidence_id", self.evidence_id, "an id")
        faults.raise_if_any("evidence")

    def counts_for(self, ids: tuple[str, ...]) -> bool:
        """Whether it counts for a question about these parts."""
        return not self.withdrawn and (not self.about or self.about in ids)
