"""Every public value has a strategy, and what is drawn survives the codec, pickle and hashing."""

from __future__ import annotations

import inspect
import pickle
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordercore.codec import Codec
from ordercore.kernel import (
    Identifier,
    InvalidValue,
    Reason,
    Sku,
    canonical_json,
    digest,
    encode,
    instant,
    json_bytes,
    type_name,
)
from ordercore.rules import Field
from ordercore.testing import strategies
from ordercore.testing.public_types import (
    PACKAGES,
    WITHOUT_STRATEGY,
    identifier_types,
    public_types,
)

ROOT = Path(__file__).resolve().parents[2]
CODEC = Codec()
# Raw payloads of a channel are read, never stored as a value.
NOT_STORED = {"ports.ChannelPage"}
# 250 types: a few examples of each are many in all.
few = settings(
    max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@pytest.mark.parametrize("kind", public_types(), ids=type_name)
def test_a_public_value_is_drawn_stored_and_read_back(kind):
    @few
    @given(st.from_type(kind))
    def holds(value):
        assert type(value) is kind
        assert pickle.loads(pickle.dumps(value)) == value
        assert hash(value) == hash(pickle.loads(pickle.dumps(value)))
        if type_name(kind) not in NOT_STORED:
            assert canonical_json(value) == json_bytes(encode(value))
            stored = CODEC.dumps(value)
            read = CODEC.loads(stored, kind)
            assert read == value
            assert CODEC.dumps(read) == stored
            assert digest(read) == digest(value)

    holds()


@pytest.mark.parametrize("kind", identifier_types(), ids=type_name)
def test_an_identifier_is_drawn_as_its_own_kind(kind):
    @few
    @given(st.from_type(kind))
    def holds(value):
        assert type(value) is kind
        assert pickle.loads(pickle.dumps(value)) == value

    holds()


def test_no_public_package_is_left_out():
    import ordercore

    folder = [info.name for info in pkgutil.iter_modules(ordercore.__path__) if info.ispkg]
    assert set(PACKAGES) >= set(folder) - {"workflows", "memory", "codec", "testing", "version"}


def test_what_has_no_strategy_exists_and_says_why():
    for name, why in WITHOUT_STRATEGY.items():
        package, _, kind = name.partition(".")
        module = __import__(f"ordercore.{package}", fromlist=[kind])
        assert attrs.has(getattr(module, kind))
        assert why


@pytest.mark.parametrize("name", [n for n in strategies.__all__ if n[0].islower()])
def test_a_named_strategy_draws(name):
    make = getattr(strategies, name)
    assert make.__doc__
    optional = [p for p in inspect.signature(make).parameters.values() if p.default is not p.empty]
    assert all(p.kind is p.KEYWORD_ONLY for p in optional)
    given_kind = {"identifiers": [Sku], "nodes": [Field], "values": [Sku]}.get(name, [])

    @few
    @given(make(*given_kind))
    def draws(value):
        assert value is not None

    draws()


@given(strategies.identifiers(Sku, count=2))
def test_few_identifiers_meet(sku):
    assert sku in {"s-0", "s-1"}


def test_what_is_no_value_is_refused():
    with pytest.raises(InvalidValue) as caught:
        strategies.values(dict)
    assert caught.value.code == "testing.no_strategy"


@given(strategies.histories(strays=True))
def test_a_history_is_whole(history):
    assert history.order_id == history.order.order_id
    assert history.messages[0].quote == history.order.placed_quote
    assert history.order.version == len(history.events)
    assert history.steps[0].accepted
    assert len(history.effects) >= 0


@given(strategies.histories(cancels=False, returns=False))
def test_a_history_leaves_out_what_it_is_told_to(history):
    names = {type(message).__name__ for message in history.messages}
    assert not names & {
        "CancelOrder",
        "CancelUnits",
        "RequestReturn",
        "ReceiveReturn",
        "RequestExchange",
        "TransferOut",
    }


def test_the_plugins_import_neither_hypothesis_nor_pytest_nor_a_strategy(tmp_path):
    info = tmp_path / "plugged-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[hypothesis]\nordercore = ordercore.testing._hypothesis:register\n"
    )
    code = (
        "import sys, ordercore.testing, ordercore.testing._hypothesis\n"
        "import ordercore.testing._pytest_plugin\n"
        "assert not {'hypothesis', 'pytest'} & set(sys.modules)\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "from hypothesis import strategies as st\n"
        "assert 'ordercore.testing.public_values' not in sys.modules\n"
        "from ordercore.kernel import Money\n"
        "st.from_type(Money).validate()\n"
        "assert 'ordercore.testing.public_values' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_distribution_declares_the_plugins():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plugins = project["entry-points"]
    assert plugins["hypothesis"] == {"ordercore": "ordercore.testing._hypothesis:register"}
    assert plugins["pytest11"] == {"ordercore": "ordercore.testing._pytest_plugin"}


def test_identifiers_are_all_registered():
    assert len(identifier_types()) > 15
    assert all(issubclass(kind, Identifier) for kind in identifier_types())


def test_instants_among_facts_are_told_from_text():
    reason = Reason(
        "a.b", facts={"at": instant("2026-11-11T00:00:00Z"), "said": "2026-11-11T08:00:00+08:00"}
    )
    assert CODEC.loads(CODEC.dumps(reason), Reason) == reason
    assert type(CODEC.loads(CODEC.dumps(reason), Reason).facts["said"]) is str
