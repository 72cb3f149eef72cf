"""The operation manual: every part of the machine is in it, in the reader's language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import Duration, InvalidBatch, InvalidValue, WorkingDays, WorkingHours
from ordercore.orders import FULFILMENT
from ordercore.statemachine import (
    Machine,
    MachineSpec,
    NamedLimit,
    Phrases,
    State,
    Transition,
    gate,
    phrases,
    stage,
)
from ordercore.statemachine.manual import readable
from ordercore.testing.strategies import machines

DESK = Machine(
    MachineSpec(
        "desk",
        version="1",
        initial="open",
        states=[
            State(
                "open",
                category="todo",
                counts_as="here",
                limit=WorkingHours(1),
                limits=[NamedLimit("nudge", Duration.of(minutes=90))],
                calendar="office",
                titles={"zh": "待办"},
                notes={"en": "Nobody has looked yet.", "zh": "尚未处理"},
            ),
            State("done", terminal=True, counts_as="gone", titles={"zh": "完成"}),
        ],
        transitions=[
            Transition(
                "close",
                "open",
                "done",
                guards=["seen", "paid|up"],
                roles=["boss", "clerk"],
                titles={"en": "Close it", "zh": "关闭"},
                notes={"en": "For good.", "zh": "不可撤销"},
            ),
            Transition("look", "open", "open"),
        ],
        commands=["close", "look"],
        guards=["seen", "paid|up", "spare"],
        roles=["boss", "clerk"],
        positions=["here", "nowhere"],
        exits=["gone"],
        words={
            "desk": {"zh": "工单"},
            "look": {"zh": "查看"},
            "boss": {"zh": "主管"},
            "clerk": {"zh": "文员"},
            "seen": {"zh": "已查看"},
            "paid|up": {"zh": "已付清"},
            "spare": {"zh": "备用"},
            "here": {"zh": "在此"},
            "nowhere": {"zh": "无处"},
            "gone": {"zh": "已离开"},
            "todo": {"zh": "待处理"},
            "nudge": {"zh": "催办"},
            "office": {"zh": "办公日历"},
        },
    )
)

ENGLISH = r"""# Operation manual: Desk, version 1

Life begins in Open and ends in Done.

## States

### Open

Nobody has looked yet.

- Life begins here.
- The units count as Here.
- Category: Todo.
- Nudge: due after 1 hour 30 minutes, by the calendar Office.
- Time limit: due after 1 hour of working time, by the calendar Office.

What can be done next:

| Command | Who | Needs | Leads to |
| --- | --- | --- | --- |
| Close it | Boss or Clerk | Paid\|up and Seen | Done |
| Look | everyone | nothing | stays here |

Close it: For good.

### Done

- The units count as Gone.
- Life ends here; nothing more can be done.

## Commands

| Command | In state | Leads to | Who | Needs |
| --- | --- | --- | --- | --- |
| Close it | Open | Done | Boss or Clerk | Paid\|up and Seen |
| Look | Open | stays here | everyone | nothing |

## Roles

| Role | May |
| --- | --- |
| Boss | Close it in Open |
| Clerk | Close it in Open |

## Evidence

| Evidence | Name | Asked by |
| --- | --- | --- |
| Paid\|up | paid\|up | Close it in Open |
| Seen | seen | Close it in Open |
| Spare | spare | nobody |

## The way of the units

| Position | States |
| --- | --- |
| Here | Open |
| Nowhere | nothing |
| Gone | Done, leaves the way |
"""


def test_the_english_manual_by_hand():
    assert DESK.manual() == DESK.manual("en") == ENGLISH


def test_no_english_word_is_left_in_a_chinese_manual():
    text = DESK.manual("zh")
    # The codes of the evidence are what a system shows; everything else is Chinese.
    for guard in ("paid\\|up", "seen", "spare"):
        text = text.replace(f"| {guard} |", "| |")
    assert re.findall(r"[A-Za-z]+", text) == []
    for told in ("操作手册：工单，版本 1", "尚未处理", "关闭：不可撤销", "主管或文员", "催办：须在1 小时30 分钟内完成，按日历“办公日历”计算。"):  # fmt: skip
        assert told in text


def test_the_built_in_machine_is_chinese_throughout():
    made = FULFILMENT.with_(
        stage("customs", after="packed", limit=WorkingHours(24), titles={"zh": "报关"}),
        gate(
            "hand_over",
            needs=("customs.declaration_no", "tax.review"),
            words={
                "customs.declaration_no": {"zh": "报关单号"},
                "tax.review": {"zh": "退税审核"},
            },
        ),
        version="2026-11",
    )
    text = made.manual("zh")
    assert set(re.findall(r"[A-Za-z]+", text)) == {"customs", "declaration", "no", "tax", "review"}
    assert "| 完成报关 | 任何人 | 无 | 已交运 |" in text
    assert "Complete Customs" in made.manual("en")


def test_a_title_of_completing_is_used_where_there_is_one():
    made = DESK.with_(
        stage("check", after="open", before="done", words={"complete_stage": {"en": "Pass on"}}),
        version="2",
    )
    assert "| Pass on | everyone | nothing | Done |" in made.manual("en")
    assert "| 完成Check |" in made.manual("zh")


@given(machines(), st.sampled_from(["en", "zh"]))
def test_every_part_of_a_machine_is_in_its_manual(machine, language):
    text = machine.manual(language)
    assert text == Machine.from_json(machine.to_json()).manual(language)
    say = phrases(language).say
    assert len(re.findall(r"(?m)^### ", text)) == len(machine.states)
    chapters, _, tables = text.partition(f"\n## {say('commands')}\n")
    rows = [line for line in chapters.splitlines() if line.startswith("| ")]
    heads = len({edge.source for edge in machine.transitions})
    assert len(rows) == len(machine.transitions) + 2 * heads
    commands = tables.split("\n## ")[0]
    assert commands.count("\n| ") == len(machine.transitions) + 2
    limits = sum(len(state.time_limits) for state in machine.states)
    marks = {"en": ": due after ", "zh": "：须在"}
    assert chapters.count(marks[language]) == limits


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("handed_over", "Handed over"),
        ("customs.declaration_no", "Customs: declaration no"),
        ("out-for-delivery", "Out for delivery"),
        ("已交运", "已交运"),
        ("_", "_"),
        ("iPhone", "IPhone"),
    ],
)
def test_a_name_is_made_readable(name, text):
    assert readable(name) == text


# --- phrases ------------------------------------------------------------------------------------


def test_both_languages_have_the_same_phrases_with_the_same_places():
    english, chinese = phrases("en"), phrases("zh")
    assert set(english.texts) == set(chinese.texts)
    for text in chinese.texts.values():
        assert re.findall(r"[A-Za-z]+", re.sub(r"\{\w+\}", "", text)) == []


def test_every_phrase_is_used():
    """Nothing has to be translated for nothing."""
    marked = Phrases("xx", {key: f"{key}:{text}" for key, text in phrases("en").texts.items()})
    made = DESK.with_(stage("check", after="open", before="done"), version="2")
    text = made.manual("xx", phrases=marked)
    lengths = [
        marked.length(limit)
        for limit in (
            Duration.of(days=2, hours=2, minutes=2, seconds=2, microseconds=2),
            Duration.of(days=1, hours=1, minutes=1, seconds=1, microseconds=1),
            WorkingDays(1),
            WorkingDays(2),
        )
    ]
    three = marked.listed("abc")
    plain = Machine(
        MachineSpec(
            "m",
            version="1",
            initial="a",
            states=[State("a", limit=Duration(1)), State("b", terminal=True)],
            transitions=[Transition("go", "a", "b", notes={"xx": "At once."})],
            commands=["go"],
        )
    ).manual("xx", phrases=marked)
    everything = "\n".join([text, *lengths, three, plain])
    assert [key for key in marked.texts if f"{key}:" not in everything] == []


@pytest.mark.parametrize(
    ("limit", "english", "chinese"),
    [
        (Duration.of(hours=48), "2 days", "2 天"),
        (WorkingHours(24), "24 hours of working time", "24 小时（工作时间）"),
        (WorkingHours(1), "1 hour of working time", "1 小时（工作时间）"),
        (WorkingDays(1), "1 working day", "1 个工作日"),
        (WorkingDays(3), "3 working days", "3 个工作日"),
        (Duration(61_000_001), "1 minute 1 second 1 microsecond", "1 分钟1 秒1 微秒"),
    ],
)
def test_lengths_in_words(limit, english, chinese):
    assert (phrases("en").length(limit), phrases("zh").length(limit)) == (english, chinese)


def test_another_language_is_a_value_that_the_caller_passes():
    german = Phrases("de", {**phrases("en").texts, "states": "Zustände"})
    assert "## Zustände" in DESK.manual("de", phrases=german)
    for language, given_phrases in (("fr", None), ("en", german)):
        with pytest.raises(InvalidValue) as caught:
            DESK.manual(language, phrases=given_phrases)
        assert (caught.value.code, caught.value.path) == ("phrases.language", "language")


def test_phrases_refuse_what_is_missing_unknown_or_has_other_places():
    texts = dict(phrases("en").texts)
    del texts["states"]
    texts |= {"colour": "red", "roles": "a\nb", "counts_as": "Counts.", "who": "{who}"}
    with pytest.raises(InvalidBatch) as caught:
        Phrases("", texts)
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("phrases.text", "language"),
        ("phrases.missing", "texts[states]"),
        ("phrases.unknown", "texts[colour]"),
        ("phrases.places", "texts[counts_as]"),
        ("phrases.text", "texts[roles]"),
        ("phrases.places", "texts[who]"),
    ]
