"""The same values give the same bytes under any hash seed, time zone and locale."""

from __future__ import annotations

KERNEL = """
from ordercore.kernel import FrozenMap, Money, apportion, canonical_json, digest, instant, keyed_digest, partition

amounts = FrozenMap.of({name: Money.of(f"{index}.05", "CNY") for index, name in enumerate("zebra yak ant bee".split())})
print(digest(amounts))
print(canonical_json(amounts).decode())
print(digest((instant("2026-11-11T08:00:00+08:00"), "İstanbul", 3)))
print(apportion(1001, [3, 3, 3, 1]))
print(keyed_digest(b"sixteen bytes or more", "Ms Li", "+86 571"))
print([partition(f"o-{index}", 8) for index in range(40)])
"""


def test_the_kernels_digests_notice_neither_seed_nor_zone_nor_locale(outputs):
    told = outputs(KERNEL)
    assert len(set(told)) == 1, told
    assert told[0].strip()


def test_a_script_that_depends_on_the_hash_seed_is_noticed(outputs):
    assert len(set(outputs("print(list({'ant', 'bee', 'cow', 'dog', 'elk', 'fox'}))"))) > 1


def test_a_script_that_depends_on_the_zone_is_noticed(outputs):
    assert len(set(outputs("import time; print(time.timezone)"))) > 1
