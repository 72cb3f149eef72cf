"""The library's text: what no module outside the kit may import or call."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "ordercore"
BANNED_MODULES = frozenset(
    ["time", "random", "secrets", "os", "socket", "subprocess", "threading", "asyncio", "logging", "pathlib", "io", "tempfile", "shutil", "glob", "multiprocessing", "concurrent", "signal", "ssl", "http", "urllib", "ftplib", "smtplib", "sqlite3", "dbm", "select", "selectors", "ctypes", "mmap", "platform", "getpass", "locale", "sched", "queue", "contextvars", "atexit", "gc", "inspect", "runpy", "code", "pdb", "_thread", "_io", "posix", "nt", "builtins", "importlib_metadata", "requests", "httpx"]
)  # fmt: skip
BANNED_METHODS = frozenset(
    ["now", "today", "utcnow", "tomorrow", "yesterday", "uuid1", "uuid4", "uuid6", "uuid7", "urandom", "getenv", "token_hex", "token_bytes", "perf_counter", "monotonic", "time_ns", "sleep"]
)  # fmt: skip
BANNED_FUNCTIONS = BANNED_METHODS | frozenset(
    [
        "open",
        "print",
        "input",
        "breakpoint",
        "exec",
        "eval",
        "compile",
        "__import__",
    ]
)
ZONE_READER = SOURCE / "kernel" / "zone.py"
# Writes functions for the fields of one class, as attrs does; no text of anybody's comes near it.
WRITER = SOURCE / "kernel" / "written.py"
THIRD_PARTIES = {"attrs", "attr", "pendulum", "typing_extensions", "ordercore"}
# Optional dependencies, each in the one package that its extra is for.
EXTRAS = {"codec": {"msgspec"}, "allocation": {"highspy"}, "testing": {"hypothesis", "pytest"}}


def modules() -> list[Path]:
    return [
        path
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] != "testing"
    ]


def faults(tree: ast.AST, *, reads_zones: bool = False) -> list[str]:
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            top = name.split(".", maxsplit=1)[0]
            if top in BANNED_MODULES:
                found.append(f"line {node.lineno}: imports {name}")
            if top in {"zoneinfo", "tzdata"} and not reads_zones:
                found.append(f"line {node.lineno}: only kernel.zone reads zone data")
            if name.rsplit(".", maxsplit=1)[-1] in BANNED_METHODS and isinstance(
                node, ast.ImportFrom
            ):
                found.append(f"line {node.lineno}: imports {name}")
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) if name in BANNED_FUNCTIONS:
                    found.append(f"line {node.lineno}: calls {name}")
                case ast.Attribute(attr=name) if name in BANNED_METHODS:
                    found.append(f"line {node.lineno}: calls .{name}")
                case ast.Attribute(value=ast.Name(id="pendulum"), attr="parse"):
                    found.append(f"line {node.lineno}: calls pendulum.parse")
                case ast.Attribute(
                    value=ast.Name(id="pendulum"), attr=("timezone" | "local_timezone")
                ):
                    if not reads_zones:
                        found.append(f"line {node.lineno}: only kernel.zone reads zone data")
        if isinstance(node, (ast.AsyncFor, ast.AsyncWith)):
            found.append(f"line {node.lineno}: waits for an event loop")
        if isinstance(node, ast.Global):
            found.append(f"line {node.lineno}: rebinds module globals")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_asks_nothing_of_the_outside(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = faults(tree, reads_zones=path == ZONE_READER)
    if path == WRITER:
        (written,) = [fault for fault in found if fault.endswith("calls exec")]
        found.remove(written)
    assert found == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_the_three_run_time_dependencies(path):
    package = path.relative_to(SOURCE).parts[0]
    allowed = THIRD_PARTIES | EXTRAS.get(package, set()) | set(sys.stdlib_module_names)
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            imported.add(node.module.split(".")[0])
    assert imported - allowed == set()


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path",
        "from os import environ",
        "from asyncio import run",
        "def f():\n    import socket",
        "from uuid import uuid4",
        "import uuid\nuuid.uuid4()",
        "import datetime\ndatetime.datetime.now()",
        "import pendulum\npendulum.DateTime.today()",
        "import pendulum\npendulum.parse('12:00')",
        "import pendulum\npendulum.timezone('Asia/Shanghai')",
        "from zoneinfo import ZoneInfo",
        "open('x')",
        "print(1)",
        "eval('1')",
        "def f():\n    global x\n    x = 1",
        "async def f():\n    async with x:\n        pass",
    ],
)
def test_a_planted_fault_is_found(text):
    assert faults(ast.parse(text))


@pytest.mark.parametrize(
    "text", ["context.now", "import datetime\ndatetime.timedelta(1)", "calendar.open(1)"]
)
def test_what_only_looks_like_a_fault_is_not_one(text):
    assert faults(ast.parse(text)) == []
