"""The JSON form of a mapping: what a person writes, reviews and keeps under version control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ordercore.channels.mapping import (
    ChannelMapping,
    DocumentKind,
    DocumentRule,
    FieldRule,
    LineKind,
    LineRule,
    ListRule,
    TagRule,
)
from ordercore.kernel import Finding, InvalidDefinition, InvalidValue, Json, Severity, Zone

__all__ = ["mapping_from_json", "mapping_to_json"]

T = TypeVar("T")
_MAX_DEPTH = 8


def _filled(pairs: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in pairs.items() if value not in ("", None, False, [], {})}


def _names(texts: tuple[str, ...]) -> list[Json]:
    return [str(text) for text in texts]


def _field_to_json(rule: FieldRule) -> Json:
    data: dict[str, Json] = {"target": rule.target}
    data |= _filled(
        {
            "paths": _names(rule.paths),
            "required": rule.required,
            "default": rule.default,
            "table": dict(rule.table),
            "options": dict(rule.options),
        }
    )
    if rule.transform != "text":
        data["transform"] = rule.transform
    return data


def _list_to_json(rule: ListRule) -> Json:
    data: dict[str, Json] = {"target": rule.target, "path": rule.path}
    return data | _filled(
        {
            "fields": [_field_to_json(field) for field in rule.fields],
            "lists": [_list_to_json(inner) for inner in rule.lists],
        }
    )


def mapping_to_json(mapping: ChannelMapping) -> dict[str, Json]:
    """The mapping as JSON data; what is empty or default is left out.

    Example:
        >>> from ordercore.channels.presets import shopify
        >>> mapping_to_json(shopify())["fields"][0]
        {'target': 'external_id', 'paths': ['id']}
    """
    data: dict[str, Json] = {"channel": str(mapping.channel)}
    return data | _filled(
        {
            "fields": [_field_to_json(rule) for rule in mapping.fields],
            "lists": [_list_to_json(rule) for rule in mapping.lists],
            "roots": _names(mapping.roots),
            "zone": None if mapping.zone is None else mapping.zone.name,
            "line_rules": [
                {
                    "kind": rule.kind.value,
                    **_filled({"codes": _names(rule.codes), "prefixes": _names(rule.prefixes)}),
                }
                for rule in mapping.line_rules
            ],
            "document_rules": [
                {"kind": rule.kind.value, "prefix": rule.prefix} for rule in mapping.document_rules
            ],
            "tag_rules": [
                {"tag": rule.tag, "words": _names(rule.words)} for rule in mapping.tag_rules
            ],
            "ignored": _names(mapping.ignored),
        }
    )


class _Reader:
    """Reads the JSON form; what does not fit becomes a finding and reading goes on."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def refuse(self, path: str, expected: str) -> None:
        self.findings.append(
            Finding("mapping.json", Severity.ERROR, path, f"expected {expected}", None)
        )

    def keys(self, given: object, path: str, *known: str) -> Mapping[str, object]:
        if not isinstance(given, Mapping):
            self.refuse(path, "an object")
            return {}
        for key in given:
            if key not in known:
                self.refuse(f"{path}.{key}", "one of " + ", ".join(known))
        return given

    def text(self, data: Mapping[str, object], key: str, path: str, default: str = "") -> str:
        value = data.get(key, default)
        if not isinstance(value, str):
            self.refuse(f"{path}.{key}", "text")
            return default
        return value

    def texts(self, data: Mapping[str, object], key: str, path: str) -> tuple[str, ...]:
        value = data.get(key, [])
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(f"{path}.{key}", "a list of texts")
            return ()
        return tuple(value)

    def table(self, data: Mapping[str, object], key: str, path: str) -> dict[str, str]:
        value = data.get(key, {})
        if not isinstance(value, Mapping) or not all(
            isinstance(item, str) for pair in value.items() for item in pair
        ):
            self.refuse(f"{path}.{key}", "an object of texts")
            return {}
        return dict(value)

    def items(
        self,
        data: Mapping[str, object],
        key: str,
        path: str,
        read: Callable[[object, str], T],
    ) -> list[T]:
        value = data.get(key, [])
        if not isinstance(value, list):
            self.refuse(f"{path}.{key}", "a list")
            return []
        return [read(item, f"{path}.{key}[{index}]") for index, item in enumerate(value)]

    def field(self, given: object, path: str) -> FieldRule:
        known = ("target", "paths", "transform", "required", "default", "table", "options")
        data = self.keys(given, path, *known)
        required = data.get("required", False)
        if not isinstance(required, bool):
            self.refuse(f"{path}.required", "true or false")
        return FieldRule(
            self.text(data, "target", path),
            self.texts(data, "paths", path),
            self.text(data, "transform", path, "text"),
            required=required is True,
            default=self.text(data, "default", path),
            table=self.table(data, "table", path),
            options=self.table(data, "options", path),
        )

    def list_rule(self, given: object, path: str) -> ListRule:
        data = self.keys(given, path, "target", "path", "fields", "lists")
        # The draft is three levels deep; more is a mistake, and could be a trap.
        deep = path.count(".lists[") > _MAX_DEPTH
        if deep:
            self.refuse(path, f"at most {_MAX_DEPTH} levels")
        return ListRule(
            self.text(data, "target", path),
            self.text(data, "path", path),
            self.items(data, "fields", path, self.field),
            lists=[] if deep else self.items(data, "lists", path, self.list_rule),
        )

    def line_rule(self, given: object, path: str) -> LineRule | None:
        data = self.keys(given, path, "kind", "codes", "prefixes")
        kind = self.text(data, "kind", path)
        if kind not in {each.value for each in LineKind}:
            self.refuse(f"{path}.kind", "one of " + ", ".join(LineKind))
            return None
        codes, prefixes = self.texts(data, "codes", path), self.texts(data, "prefixes", path)
        return LineRule(kind, codes=codes, prefixes=prefixes)

    def document_rule(self, given: object, path: str) -> DocumentRule | None:
        data = self.keys(given, path, "kind", "prefix")
        kind = self.text(data, "kind", path)
        if kind not in {each.value for each in DocumentKind}:
            self.refuse(f"{path}.kind", "one of " + ", ".join(DocumentKind))
            return None
        return DocumentRule(kind, prefix=self.text(data, "prefix", path))

    def tag_rule(self, given: object, path: str) -> TagRule:
        data = self.keys(given, path, "tag", "words")
        return TagRule(self.text(data, "tag", path), words=self.texts(data, "words", path))

    def zone(self, data: Mapping[str, object]) -> Zone | None:
        name = data.get("zone")
        if name is None:
            return None
        try:
            return Zone.load(str(name))
        except InvalidValue:
            self.refuse("$.zone", "an IANA time zone name")
            return None


def mapping_from_json(data: Mapping[str, object]) -> ChannelMapping:
    """The mapping of a JSON form.

    Raises:
        InvalidDefinition: ``mapping.json`` for everything that does not fit the form, all at
            once; then as :class:`ChannelMapping`.

    Example:
        >>> mapping_from_json({"channel": "x", "field": []})
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidDefinition: mapping: 1 findings
          error mapping.json at $.field: expected one of ...
    """
    reader = _Reader()
    known = ("channel", "fields", "lists", "roots", "zone")
    rules = ("line_rules", "document_rules", "tag_rules", "ignored")
    given = reader.keys(data, "$", *known, *rules)
    channel = reader.text(given, "channel", "$")
    fields = reader.items(given, "fields", "$", reader.field)
    lists = reader.items(given, "lists", "$", reader.list_rule)
    line_rules = reader.items(given, "line_rules", "$", reader.line_rule)
    document_rules = reader.items(given, "document_rules", "$", reader.document_rule)
    tag_rules = reader.items(given, "tag_rules", "$", reader.tag_rule)
    roots = reader.texts(given, "roots", "$")
    ignored = reader.texts(given, "ignored", "$")
    zone = reader.zone(given)
    if reader.findings:
        raise InvalidDefinition("mapping", reader.findings)
    return ChannelMapping(
        channel=channel,
        fields=fields,
        lists=lists,
        roots=roots,
        zone=zone,
        line_rules=[rule for rule in line_rules if rule is not None],
        document_rules=[rule for rule in document_rules if rule is not None],
        tag_rules=tag_rules,
        ignored=ignored,
    )
