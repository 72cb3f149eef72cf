"""A channel's mapping: which of its fields mean what, as data that is checked when it is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from ordercore.channels.target import ORDER, SCOPES, Scope
from ordercore.channels.transform import TRANSFORMS
from ordercore.kernel import (
    ChannelId,
    Choice,
    Finding,
    FrozenMap,
    InvalidDefinition,
    Json,
    Severity,
    Zone,
    as_map,
    as_tuple,
    checked,
)

__all__ = [
    "ChannelMapping",
    "DocumentKind",
    "DocumentRule",
    "FieldRule",
    "LineKind",
    "LineRule",
    "ListRule",
    "TagRule",
    "steps_of",
]


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else as_tuple(given)


def _map(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


def steps_of(path: str) -> tuple[str, ...]:
    """The steps of a path: dotted (``lines.0.sku``) or a JSON pointer (``/a.b/0``).

    The empty path has no steps: the value itself.

    Example:
        >>> steps_of("customer.id"), steps_of("/a.b/c~1d"), steps_of("")
        (('customer', 'id'), ('a.b', 'c/d'), ())
    """
    if not path:
        return ()
    if path.startswith("/"):
        return tuple(p.replace("~1", "/").replace("~0", "~") for p in path[1:].split("/"))
    return tuple(path.split("."))


@attrs.frozen
@checked
class FieldRule:
    """One target: where its value stands, how it is read, and what holds when it is absent.

    Args:
        target: A field of its scope, such as ``placed_at`` or ``status.payment``.
        paths: Where to look, the first that is present counts. None at all: a constant.
        transform: How it is read; see the how-to for the list.
        required: Whether its absence rejects the document, even where the scope does not ask.
        default: The raw value that stands in when it is absent.
        table: For ``table``: the channel's words and ours.
        options: The transform's options, such as ``{"sign": "negate"}``.

    Example:
        >>> FieldRule("sku", ["sku", "variant_id"]).paths
        ('sku', 'variant_id')
    """

    target: str
    paths: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    transform: str = "text"
    required: bool = attrs.field(default=False, kw_only=True)
    default: str = attrs.field(default="", kw_only=True)
    table: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_map, kw_only=True)
    options: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_map, kw_only=True)


def _field_rules(given: Iterable[FieldRule]) -> tuple[FieldRule, ...]:
    return as_tuple(given)


def _list_rules(given: Iterable[ListRule]) -> tuple[ListRule, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class ListRule:
    """A list of the draft: where its items stand, and the rules for the fields of one item.

    Two rules may fill one list (shipping lines and fee lines are both charges). A single object
    in place of a list is a list of one. In a table the path is empty: each row is an item.

    Example:
        >>> ListRule("taxes", "tax_lines", [FieldRule("amount", "price", "money_major")]).target
        'taxes'
    """

    target: str
    path: str
    fields: tuple[FieldRule, ...] = attrs.field(default=(), converter=_field_rules)
    lists: tuple[ListRule, ...] = attrs.field(default=(), converter=_list_rules, kw_only=True)


class LineKind(Choice):
    """What a line is. Only goods have stock; the rest is recorded as a charge of that kind."""

    GOODS = "goods"
    CARRIAGE = "shipping"
    DISCOUNT = "discount"
    FEE = "fee"
    MANUAL = "manual"
    SAMPLE = "sample"
    VOUCHER = "voucher"
    DONATION = "donation"


@attrs.frozen
@checked
class LineRule:
    """Which item codes are of a kind: exact codes, or prefixes; letter case counts.

    Example:
        >>> LineRule("shipping", codes=["POST", "DOT"]).matches("POST")
        True
    """

    kind: LineKind = attrs.field(converter=LineKind)
    codes: tuple[str, ...] = attrs.field(default=(), converter=_texts, kw_only=True)
    prefixes: tuple[str, ...] = attrs.field(default=(), converter=_texts, kw_only=True)

    def matches(self, code: str) -> bool:
        """Whether the rule is about this code."""
        return code in self.codes or code.startswith(self.prefixes)


class DocumentKind(Choice):
    """What a document of a table is."""

    SALE = "sale"
    CREDIT = "credit"
    ACCOUNT = "account"


@attrs.frozen
@checked
class DocumentRule:
    """Documents whose number starts with a prefix are of a kind; the first rule that fits counts.

    Example:
        >>> DocumentRule("credit", prefix="C").kind
        <DocumentKind.CREDIT: 'credit'>
    """

    kind: DocumentKind = attrs.field(converter=DocumentKind)
    prefix: str = attrs.field(kw_only=True)


@attrs.frozen
@checked
class TagRule:
    """A remark that contains one of these words (any letter case) gives the document a tag.

    Remarks are the order's note and the titles of its rows.

    Example:
        >>> TagRule("damaged", words=["damage", "broken"]).matches("Box BROKEN in transit")
        True
    """

    tag: str
    words: tuple[str, ...] = attrs.field(converter=_texts, kw_only=True)

    def matches(self, remark: str) -> bool:
        """Whether the remark has one of the words."""
        lowered = remark.casefold()
        return any(word.casefold() in lowered for word in self.words)


def _line_rules(given: Iterable[LineRule]) -> tuple[LineRule, ...]:
    return as_tuple(given)


def _document_rules(given: Iterable[DocumentRule]) -> tuple[DocumentRule, ...]:
    return as_tuple(given)


def _tag_rules(given: Iterable[TagRule]) -> tuple[TagRule, ...]:
    return as_tuple(given)


def _again(kind: type[ChannelMapping], given: dict[str, Any]) -> ChannelMapping:
    return kind(**given)


@attrs.frozen(kw_only=True)
@checked
class ChannelMapping:
    """How a channel's payload or table becomes order drafts: data, with a JSON form.

    Args:
        channel: The channel's id.
        fields: Rules for the order's own fields.
        lists: Rules for its lists.
        roots: Where orders stand in a payload (an object or a list of them); the first that is
            present counts. None: the payload is one order or a list of orders.
        zone: The zone of naive times, for ``instant_local``.
        line_rules: Which item codes are not goods.
        document_rules: Which document numbers of a table are not sales.
        tag_rules: Remarks that give tags.
        ignored: Fields that are known and not wanted; every other unmapped field is reported.
            Dotted, list items have the path of their list.

    Raises:
        InvalidDefinition: all of ``mapping.unknown_target``, ``mapping.duplicate_target``,
            ``mapping.missing_target``, ``mapping.unknown_list``, ``mapping.unknown_transform``,
            ``mapping.wrong_transform``, ``mapping.unknown_option``, ``mapping.no_table``,
            ``mapping.no_zone``, ``mapping.no_source``, ``mapping.no_price``,
            ``mapping.empty_rule`` that apply.

    Example:
        >>> mapping = ChannelMapping(
        ...     channel="bazaar",
        ...     fields=[
        ...         FieldRule("external_id", "id"),
        ...         FieldRule("placed_at", "created", "instant"),
        ...         FieldRule("currency", transform="currency", default="EUR"),
        ...     ],
        ...     lists=[
        ...         ListRule(
        ...             "lines",
        ...             "items",
        ...             [
        ...                 FieldRule("quantity", "count", "quantity"),
        ...                 FieldRule("sku", "sku"),
        ...                 FieldRule("unit_price", "price", "decimal"),
        ...             ],
        ...         )
        ...     ],
        ... )
        >>> ChannelMapping.from_json(mapping.to_json()) == mapping
        True
        >>> ChannelMapping(channel="x", fields=[FieldRule("colour", "c", "magic")])
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidDefinition: mapping x: 6 findings
          ...
    """

    channel: ChannelId = attrs.field(converter=ChannelId)
    fields: tuple[FieldRule, ...] = attrs.field(converter=_field_rules)
    lists: tuple[ListRule, ...] = attrs.field(default=(), converter=_list_rules)
    roots: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    zone: Zone | None = None
    line_rules: tuple[LineRule, ...] = attrs.field(default=(), converter=_line_rules)
    document_rules: tuple[DocumentRule, ...] = attrs.field(default=(), converter=_document_rules)
    tag_rules: tuple[TagRule, ...] = attrs.field(default=(), converter=_tag_rules)
    ignored: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    # Readers made of the rules on first use; no part of the value.
    _prepared: object = attrs.field(init=False, eq=False, repr=False, default=None)

    def __reduce__(self) -> tuple[Callable[..., ChannelMapping], tuple[type, dict[str, object]]]:
        given = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        del given["_prepared"]
        return _again, (type(self), given)

    def __attrs_post_init__(self) -> None:
        found = _Checker(self.zone is not None)
        found.scope(ORDER, self.fields, self.lists, "")
        if not any(rule.target in {"lines", "charges"} for rule in self.lists):
            found.add("mapping.missing_target", "lists", "a rule for lines or charges", None)
        for position, rule in enumerate(self.line_rules):
            if (not rule.codes and not rule.prefixes) or "" in rule.prefixes:
                found.add("mapping.empty_rule", f"line_rules[{position}]", "a code or prefix", None)
        for position, document in enumerate(self.document_rules):
            if not document.prefix:
                path = f"document_rules[{position}]"
                found.add("mapping.empty_rule", path, "a prefix", None)
        for position, tagging in enumerate(self.tag_rules):
            if not tagging.tag or not all(tagging.words) or not tagging.words:
                path = f"tag_rules[{position}]"
                found.add("mapping.empty_rule", path, "a tag and its words", None)
        if found.findings:
            raise InvalidDefinition(f"mapping {self.channel}", found.findings)

    def line_kind(self, code: str | None) -> LineKind:
        """What an item code is; goods unless a rule says otherwise."""
        for rule in self.line_rules if code is not None else ():
            if rule.matches(str(code)):
                return rule.kind
        return LineKind.GOODS

    def document_kind(self, number: str) -> DocumentKind:
        """What a document of this number is; a sale unless a rule says otherwise."""
        for rule in self.document_rules:
            if number.startswith(rule.prefix):
                return rule.kind
        return DocumentKind.SALE

    def tags_of(self, remarks: Iterable[str]) -> tuple[str, ...]:
        """The tags that the rules give to remarks, sorted."""
        if not self.tag_rules:
            return ()
        told = [remark for remark in remarks if remark]
        return tuple(sorted({rule.tag for rule in self.tag_rules if any(map(rule.matches, told))}))

    def to_json(self) -> dict[str, Json]:
        """The mapping as JSON data; what is empty or default is left out."""
        from ordercore.channels.mapping_form import mapping_to_json

        return mapping_to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> ChannelMapping:
        """The mapping of a JSON form.

        Raises:
            InvalidDefinition: ``mapping.json`` with the path of what does not fit, and as the
                constructor.
        """
        from ordercore.channels.mapping_form import mapping_from_json

        return mapping_from_json(data)


class _Checker:
    def __init__(self, has_zone: bool) -> None:
        self.findings: list[Finding] = []
        self._has_zone = has_zone

    def add(self, code: str, path: str, expected: str, value: str | None) -> None:
        self.findings.append(Finding(code, Severity.ERROR, path, f"expected {expected}", value))

    def scope(
        self, name: str, fields: Sequence[FieldRule], lists: Sequence[ListRule], prefix: str
    ) -> None:
        scope = SCOPES[name]
        seen: set[str] = set()
        for position, rule in enumerate(fields):
            path = f"{prefix}fields[{position}]"
            if rule.target in seen:
                self.add("mapping.duplicate_target", path, "one rule per target", rule.target)
            seen.add(rule.target)
            self._field(scope, rule, path)
        for target in scope.required:
            if target not in seen:
                self.add("mapping.missing_target", f"{prefix}fields", f"a rule for {target}", None)
        if name == "lines" and not seen & {"unit_price", "list_amount"}:
            expected = "a rule for unit_price or list_amount"
            self.add("mapping.no_price", f"{prefix}fields", expected, None)
        scaled = any(rule.options.get("digits", "0") != "0" for rule in fields)
        if name == "lines" and scaled and "list_amount" not in seen:
            expected = "a list_amount, as the quantity counts fractions of a unit"
            self.add("mapping.no_price", f"{prefix}fields", expected, None)
        for position, inner in enumerate(lists):
            path = f"{prefix}lists[{position}]"
            if inner.target not in scope.lists:
                expected = "one of " + (", ".join(scope.lists) or "none")
                self.add("mapping.unknown_list", path, expected, inner.target)
            else:
                self.scope(inner.target, inner.fields, inner.lists, f"{path}.")

    def _field(self, scope: Scope, rule: FieldRule, path: str) -> None:
        target = scope.field(rule.target)
        if target is None:
            self.add("mapping.unknown_target", path, "a field of the draft", rule.target)
        transform = TRANSFORMS.get(rule.transform)
        if transform is None:
            expected = "one of " + ", ".join(TRANSFORMS)
            self.add("mapping.unknown_transform", path, expected, rule.transform)
            return
        if target is not None and transform.kind is not target.kind:
            expected = f"a transform that makes {target.kind.value}"
            self.add("mapping.wrong_transform", path, expected, rule.transform)
        for option, value in rule.options.items():
            allowed = transform.options.get(option)
            if allowed is None:
                expected = "one of " + (", ".join(transform.options) or "none")
                self.add("mapping.unknown_option", path, expected, option)
            elif (value not in allowed and allowed) or not value:
                expected = f"{option} of " + (", ".join(allowed) or "some text")
                self.add("mapping.unknown_option", path, expected, value)
        if rule.transform == "table" and not rule.table:
            self.add("mapping.no_table", path, "a table", None)
        if transform.needs_zone and not self._has_zone:
            self.add("mapping.no_zone", path, "a mapping with a zone", None)
        if not rule.paths and not rule.default:
            self.add("mapping.no_source", path, "a path or a default", None)
