"""Imports the orders of a JSON channel: parse, reconcile, and report what is odd."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from ordercore.channels.assembly import build_draft
from ordercore.channels.batch import ImportBatch, Rejection
from ordercore.channels.draft import OrderDraft
from ordercore.channels.mapping import ChannelMapping, ListRule, steps_of
from ordercore.channels.payload import Tree, at_steps, doubled_keys, read_json, tree_faults
from ordercore.channels.reconciliation import reconcile
from ordercore.channels.scope_reader import (
    Notes,
    Record,
    ScopeReader,
    order_reader,
    read_order,
    shown,
)
from ordercore.kernel import Finding, InvalidValue, answering

__all__ = ["import_json", "import_payloads"]


class _Known:
    """The fields of a payload that a mapping speaks of, as a tree; a leaf covers all below it."""

    def __init__(self, mapping: ChannelMapping) -> None:
        self._tree: dict[str, object] = {}
        for path in mapping.ignored:
            self._cover(steps_of(path))
        for rule in mapping.fields:
            for path in rule.paths:
                self._cover(steps_of(path))
        for inner in mapping.lists:
            self._list(inner, ())

    def _list(self, rule: ListRule, outer: tuple[str, ...]) -> None:
        place = (*outer, *steps_of(rule.path))
        for field in rule.fields:
            for path in field.paths:
                self._cover((*place, *steps_of(path)))
        for inner in rule.lists:
            self._list(inner, place)

    def _cover(self, steps: tuple[str, ...]) -> None:
        node = self._tree
        named = [step for step in steps if not step.isdigit()]
        for step in named[:-1]:
            child = node.setdefault(step, {})
            if not isinstance(child, dict):
                return
            node = child
        if named:
            node[named[-1]] = True

    def unmapped(self, tree: Tree) -> list[str]:
        """The paths of fields that no rule speaks of, each once, sorted; lists are transparent."""
        found: set[str] = set()
        waiting: list[tuple[Tree, object, str]] = [(tree, self._tree, "")]
        while waiting:
            node, known, path = waiting.pop()
            if isinstance(node, list):
                waiting.extend((item, known, path) for item in node)
            elif isinstance(node, dict) and isinstance(known, dict):
                for key, child in node.items():
                    place = f"{path}.{key}" if path else key
                    if key not in known:
                        found.add(place)
                    elif known[key] is not True:
                        waiting.append((child, known[key], place))
        return sorted(found)


def _prepared(mapping: ChannelMapping) -> tuple[ScopeReader, _Known]:
    """The readers of a mapping, made once: a payload at a time would pay for them each time."""
    kept = mapping._prepared  # noqa: SLF001 - the memo of this package
    if kept is None:
        kept = (order_reader(mapping), _Known(mapping))
        object.__setattr__(mapping, "_prepared", kept)
    return cast("tuple[ScopeReader, _Known]", kept)


class _JsonImport:
    def __init__(self, mapping: ChannelMapping) -> None:
        self.mapping = mapping
        self.reader, self.known = _prepared(mapping)
        self.notes = Notes()
        self.drafts: list[OrderDraft] = []
        self.rejected: list[Rejection] = []
        self.keys: set[str] = set()
        self.documents = 0

    def payload(self, payload: bytes | str, path: str) -> None:
        try:
            tree = read_json(payload)
        except InvalidValue as fault:
            self.documents += 1
            self.notes.reject(fault.code, path, f"expected {fault.expected}", shown(fault.value))
            self._reject("", path)
            return
        # Keys of the wrapper that stand twice may hide an order; those of an order are its own.
        for key in doubled_keys(tree) if self.mapping.roots else ():
            self.notes.reject("json.duplicate_key", f"{path}.{key}", "expected each key once")
        if self.notes.faults:
            self.documents += 1
            self._reject("", path)
            return
        found, place = tree, path
        for root in self.mapping.roots:
            candidate = at_steps(tree, steps_of(root))
            if candidate is not None:
                found, place = candidate, f"{path}.{root}"  # type: ignore[assignment]
                break
        if isinstance(found, list):
            for index, item in enumerate(found):
                self.order(item, f"{place}[{index}]")
        else:
            self.order(found, place)

    def order(self, source: Tree, path: str) -> None:
        self.documents += 1
        if not isinstance(source, dict):
            self.notes.reject(
                "json.not_an_object", path, "expected an order", type(source).__name__
            )
            self._reject("", path)
            return
        for fault in tree_faults(source, path):
            self.notes.reject(fault.code, fault.path, f"expected {fault.expected}")
        record = Record(path)
        if not self._stopped(record, path):
            record = read_order(self.reader, source, path, self.notes)
            if not self._stopped(record, path):
                self._draft(record, source)

    def _draft(self, record: Record, source: Tree) -> None:
        draft = build_draft(self.mapping, record, self.notes)
        if self._stopped(record, record.path) or draft is None:
            return
        self.drafts.append(draft)
        if draft.idempotency_key in self.keys:
            message = "the same version of the same order again; import it once"
            self.notes.warn("import.repeated", record.path, message, draft.idempotency_key)
        self.keys.add(draft.idempotency_key)
        for place in self.known.unmapped(source):
            self.notes.warn("import.unmapped", f"{record.path}.{place}", "no rule speaks of it")
        for finding in reconcile(draft):
            path = f"{record.path}:{finding.path}"
            self.notes.warn(finding.code, path, finding.message, finding.value)

    def _stopped(self, record: Record, path: str) -> bool:
        codes = self.notes.errors()
        if codes:
            document = record.text("external_id")
            self.rejected.append(Rejection(document=document, path=path, codes=codes))
        return bool(codes)

    def _reject(self, document: str, path: str) -> None:
        codes = self.notes.errors()
        self.rejected.append(Rejection(document=document, path=path, codes=codes))

    def batch(self) -> ImportBatch:
        findings: list[Finding] = self.notes.findings
        return ImportBatch(
            drafts=self.drafts,
            rejected=self.rejected,
            findings=findings,
            documents_in=self.documents,
        )


@answering
def import_json(mapping: ChannelMapping, payload: bytes | str) -> ImportBatch:
    """The orders of one payload, each a draft or a rejection, with every finding.

    A fault in a required field, an amount or a quantity rejects its order as a whole and the
    rest goes on; any other faulty value counts as absent, with a warning. Numbers are exact.
    Differences between totals and parts are findings too (:func:`reconcile`); nothing is
    repaired. Values of personal fields are withheld from findings. O(size of the payload).

    Example:
        >>> from ordercore.channels.presets import shopify
        >>> batch = import_json(shopify(), '{"order": {"id": 5500000000017, "currency": "EUR"}}')
        >>> [(finding.code, finding.path) for finding in batch.findings]
        [('import.missing', '$.order.processed_at')]
    """
    work = _JsonImport(mapping)
    work.payload(payload, "$")
    return work.batch()


@answering
def import_payloads(mapping: ChannelMapping, payloads: Iterable[bytes | str]) -> ImportBatch:
    """The orders of many payloads, such as a page of a channel; paths begin with ``payloads[0]``.

    Example:
        >>> from ordercore.channels.presets import shopify
        >>> import_payloads(shopify(), [b"{", b"[]"]).counts
        FrozenMap({'json.not_json': 1})
    """
    work = _JsonImport(mapping)
    for index, payload in enumerate(payloads):
        work.payload(payload, f"payloads[{index}]")
    return work.batch()
