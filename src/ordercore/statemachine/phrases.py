"""The fixed sentences of an operation manual, in English and Chinese, and in any language given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import attrs

from ordercore.kernel import (
    Duration,
    FrozenMap,
    InvalidValue,
    WorkingDays,
    WorkingHours,
    checked,
    problems,
)
from ordercore.statemachine.limits import TimeLimit
from ordercore.statemachine.names import exact, printable

__all__ = ["Phrases", "phrases"]

_UNITS_US = (
    ("days", 86_400_000_000),
    ("hours", 3_600_000_000),
    ("minutes", 60_000_000),
    ("seconds", 1_000_000),
    ("microseconds", 1),
)

# A phrase with its places; where a number decides between one and many, the one is `…_one`.
_ENGLISH: tuple[tuple[str, str], ...] = (
    ("title", "Operation manual: {machine}, version {version}"),
    ("intro", "Life begins in {initial} and ends in {ends}."),
    ("states", "States"),
    ("commands", "Commands"),
    ("roles", "Roles"),
    ("evidence", "Evidence"),
    ("positions", "The way of the units"),
    ("command", "Command"),
    ("role", "Role"),
    ("leads_to", "Leads to"),
    ("from_state", "In state"),
    ("who", "Who"),
    ("needs", "Needs"),
    ("asked_by", "Asked by"),
    ("may", "May"),
    ("name", "Name"),
    ("position", "Position"),
    ("begins", "Life begins here."),
    ("ends", "Life ends here; nothing more can be done."),
    ("counts_as", "The units count as {position}."),
    ("of_category", "Category: {category}."),
    ("limit", "{name}: due after {length}."),
    ("limit_by", "{name}: due after {length}, by the calendar {calendar}."),
    ("limit_name", "Time limit"),
    ("next", "What can be done next:"),
    ("stays", "stays here"),
    ("everyone", "everyone"),
    ("nothing", "nothing"),
    ("nobody", "nobody"),
    ("complete", "Complete {state}"),
    ("leaves", "leaves the way"),
    ("in_state", "{command} in {state}"),
    ("colon", ": "),
    ("comma", ", "),
    ("and", " and "),
    ("or", " or "),
    ("blank", " "),
    ("days_one", "{n} day"),
    ("days", "{n} days"),
    ("hours_one", "{n} hour"),
    ("hours", "{n} hours"),
    ("minutes_one", "{n} minute"),
    ("minutes", "{n} minutes"),
    ("seconds_one", "{n} second"),
    ("seconds", "{n} seconds"),
    ("microseconds_one", "{n} microsecond"),
    ("microseconds", "{n} microseconds"),
    ("working_days_one", "{n} working day"),
    ("working_days", "{n} working days"),
    ("working", "{length} of working time"),
)
_CHINESE: tuple[tuple[str, str], ...] = (
    ("title", "操作手册：{machine}，版本 {version}"),
    ("intro", "流程从{initial}开始，到{ends}结束。"),
    ("states", "状态"),
    ("commands", "操作"),
    ("roles", "角色"),
    ("evidence", "凭证"),
    ("positions", "商品的流转位置"),
    ("command", "操作"),
    ("role", "角色"),
    ("leads_to", "到达状态"),
    ("from_state", "所处状态"),
    ("who", "由谁执行"),
    ("needs", "所需凭证"),
    ("asked_by", "要求该凭证的操作"),
    ("may", "可执行"),
    ("name", "编码"),
    ("position", "位置"),
    ("begins", "流程由此开始。"),
    ("ends", "流程到此结束，不能再执行任何操作。"),
    ("counts_as", "商品计入：{position}。"),
    ("of_category", "类别：{category}。"),
    ("limit", "{name}：须在{length}内完成。"),
    ("limit_by", "{name}：须在{length}内完成，按日历“{calendar}”计算。"),
    ("limit_name", "时限"),
    ("next", "接下来可以执行："),
    ("stays", "状态不变"),
    ("everyone", "任何人"),
    ("nothing", "无"),
    ("nobody", "无"),
    ("complete", "完成{state}"),
    ("leaves", "离开流转"),
    ("in_state", "{state}时{command}"),
    ("colon", "："),
    ("comma", "、"),
    ("and", "和"),
    ("or", "或"),
    ("blank", ""),
    ("days_one", "{n} 天"),
    ("days", "{n} 天"),
    ("hours_one", "{n} 小时"),
    ("hours", "{n} 小时"),
    ("minutes_one", "{n} 分钟"),
    ("minutes", "{n} 分钟"),
    ("seconds_one", "{n} 秒"),
    ("seconds", "{n} 秒"),
    ("microseconds_one", "{n} 微秒"),
    ("microseconds", "{n} 微秒"),
    ("working_days_one", "{n} 个工作日"),
    ("working_days", "{n} 个工作日"),
    ("working", "{length}（工作时间）"),
)


def _texts(given: Mapping[str, str]) -> FrozenMap[str, str]:
    """A frozen map; what is no mapping of texts stays as it is, for the check to refuse."""
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        return FrozenMap((exact(key), exact(text)) for key, text in given.items())
    return given  # type: ignore[return-value]


@attrs.frozen
@checked
class Phrases:
    """Every fixed text of a manual in one language, with the same places as the English one.

    ``phrases("en")`` has them to translate: ``phrases("en").texts``.

    Raises:
        InvalidBatch: ``phrases.missing``, ``phrases.unknown``, ``phrases.text`` for what is no
            printable text, and ``phrases.places`` where the braces name other places.

    Example:
        >>> german = Phrases("de", dict(phrases("en").texts) | {"states": "Zustände"})
        >>> german.say("states"), german.length(WorkingHours(1, minutes=30))
        ('Zustände', '1 hour 30 minutes of working time')
    """

    language: str = attrs.field(converter=exact)
    texts: FrozenMap[str, str] = attrs.field(converter=_texts)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not (self.language and printable(self.language)):
            faults.add("phrases.text", "language", self.language, "a language tag")
        english = dict(_ENGLISH)
        for key in english:
            if key not in self.texts:
                faults.add("phrases.missing", f"texts[{key}]", None, "a text")
        for key, text in self.texts.items():
            path = f"texts[{key}]"
            if key not in english:
                faults.add("phrases.unknown", path, text, "no such phrase")
            elif not printable(text):
                faults.add("phrases.text", path, text, "printable text")
            elif _places(text) != _places(english[key]):
                named = ", ".join(sorted(_places(english[key]))) or "none"
                faults.add("phrases.places", path, text, f"the places {named}")
        faults.raise_if_any(f"phrases of {self.language}")

    def say(self, key: str, **places: str) -> str:
        """A phrase with its places filled; a phrase that is not there is a fault of the program."""
        text = self.texts[key]
        for place, value in places.items():
            text = text.replace(f"{{{place}}}", value)
        return text

    def listed(self, items: Iterable[str], last: str = "and") -> str:
        """Items as one reads them: a, b and c.

        Example:
            >>> phrases("en").listed(["a", "b", "c"]), phrases("zh").listed(["甲", "乙"], "or")
            ('a, b and c', '甲或乙')
        """
        texts = list(items)
        if len(texts) < 2:
            return "".join(texts)
        return self.texts["comma"].join(texts[:-1]) + self.texts[last] + texts[-1]

    def length(self, limit: TimeLimit) -> str:
        """A time limit in words.

        Example:
            >>> phrases("zh").length(WorkingHours(24)), phrases("en").length(Duration.of(hours=25))
            ('24 小时（工作时间）', '1 day 1 hour')
        """
        match limit:
            case Duration():
                return self._spelt(limit.microseconds, _UNITS_US)
            case WorkingHours():
                # A day of working time is no day: hours at most.
                spelt = self._spelt(limit.duration.microseconds, _UNITS_US[1:])
                return self.say("working", length=spelt)
            case WorkingDays():
                return self._number("working_days", limit.days)
            case _:  # pragma: no cover
                assert_never(limit)

    def _spelt(self, left_us: int, units: tuple[tuple[str, int], ...]) -> str:
        parts = []
        for unit, size in units:
            count, left_us = divmod(left_us, size)
            if count:
                parts.append(self._number(unit, count))
        return self.texts["blank"].join(parts)

    def _number(self, unit: str, count: int) -> str:
        return self.say(f"{unit}_one" if count == 1 else unit, n=str(count))


def _places(text: str) -> frozenset[str]:
    return frozenset(part.split("}")[0] for part in text.split("{")[1:])


def phrases(language: str) -> Phrases:
    """The built-in phrases of a language: ``en`` or ``zh``.

    Raises:
        InvalidValue: ``phrases.language`` for any other; pass ``Phrases`` of your own then.

    Example:
        >>> phrases("zh").say("states")
        '状态'
    """
    if language == "en":
        return Phrases("en", dict(_ENGLISH))
    if language == "zh":
        return Phrases("zh", dict(_CHINESE))
    raise InvalidValue("phrases.language", "language", language, "en or zh, or phrases given")
