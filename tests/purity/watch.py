"""Who asked the outside? Shared by the two guarded runs, which are started as processes of their own.

`python watch.py audit|replace [--library FOLDER] -- script FILE | tests PATH...`

`audit` listens to Python's own audit events for files, sockets and processes. `replace` puts functions
that raise in the place of clock, randomness, environment and thread start, and compares the library's
module globals before and after. Either blames a call on the nearest frame that belongs neither to the
standard library (so neither to importlib) nor to the reading of zone data; if that frame is library
code, it is a leak. What an import statement reads is not one.
"""

from __future__ import annotations

# Bound before anything is replaced.
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import runpy
import sys
import sysconfig
from types import FrameType

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBRARY = [os.path.join(ROOT, "src", "ordercore") + os.sep]
# The kit runs inside the host's test suite: it is a host.
KIT = os.path.join(ROOT, "src", "ordercore", "testing") + os.sep
STANDARD = tuple(
    os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")
)
INSTALLED = ("site-packages" + os.sep, "dist-packages" + os.sep)
ZONE_DATA = (
    # The one module that may ask for zone data; whoever calls it is answerable.
    os.path.join(ROOT, "src", "ordercore", "kernel", "zone.py"),
    os.path.join("site-packages", "tzdata"),
    os.path.join("site-packages", "pendulum", "tz"),
    os.path.join("site-packages", "pendulum", "__init__.py"),
)
LISTENED = (
    "open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
    "os.startfile", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
    "os.truncate", "os.putenv", "os.unsetenv", "os.chdir", "os.kill", "shutil.", "tempfile.", "glob.",
    "pathlib.", "urllib.", "http.", "sqlite3.", "ftplib.", "smtplib.", "webbrowser.", "mmap.",
    "_thread.start_new_thread",
)  # fmt: skip
leaks: list[str] = []


def is_standard(path: str) -> bool:
    if path.startswith("<"):
        # Frozen importlib, and code made by attrs, namedtuple and the like.
        return True
    return os.path.realpath(path).startswith(STANDARD) and not any(
        mark in path for mark in INSTALLED
    )


standard_paths: dict[str, bool] = {}


def culprit(frame: FrameType | None) -> str | None:
    """The library's place that asked, or None where a host, a test or an import statement did."""
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith("<frozen importlib"):
            return None
        if path not in standard_paths:
            standard_paths[path] = is_standard(path) or any(mark in path for mark in ZONE_DATA)
        if not standard_paths[path]:
            if path.startswith(tuple(LIBRARY)) and not path.startswith(KIT):
                return f"{path.removeprefix(ROOT + os.sep)}:{frame.f_lineno}"
            return None
        frame = frame.f_back
    return None


def listen(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(LISTENED):
        place = culprit(sys._getframe(1))
        if place is not None:
            leaks.append(f"{place} {event} {str(arguments)[:120]}")


class Leak(BaseException):
    """Not an Exception: nothing between the library and the run may swallow it."""


def forbidden(name: str, original: object) -> object:
    def guarded(*args: object, **kwargs: object) -> object:
        place = culprit(sys._getframe(1))
        if place is not None:
            leaks.append(f"{place} {name}")
            raise Leak(f"{place} asked for {name}")
        return original(*args, **kwargs)  # type: ignore[operator]

    return guarded


def replace_builtin_method(owner: type, name: str) -> None:
    """datetime is written in C and closed; its dictionary is reachable all the same."""
    (space,) = (part for part in gc.get_referents(owner.__dict__) if isinstance(part, dict))
    original = space[name]

    def guarded(cls: type, *args: object, **kwargs: object) -> object:
        place = culprit(sys._getframe(1))
        if place is not None:
            leaks.append(f"{place} {owner.__name__}.{name}")
            raise Leak(f"{place} asked for {owner.__name__}.{name}")
        return original.__get__(None, cls)(*args, **kwargs)

    space[name] = classmethod(guarded)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(owner))


def replace_all() -> None:
    import _thread
    import asyncio
    import datetime
    import random
    import secrets
    import threading
    import time
    import uuid

    import pendulum

    by_module = {
        time: (
            "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time"
            " process_time_ns thread_time localtime gmtime ctime asctime sleep"
        ),
        random: (
            "random randint randrange choice choices shuffle sample uniform gauss getrandbits"
            " randbytes seed betavariate expovariate normalvariate triangular"
        ),
        secrets: "token_bytes token_hex token_urlsafe choice randbelow randbits",
        uuid: "uuid1 uuid3 uuid4 uuid5 uuid6 uuid7 uuid8 getnode",
        os: "urandom getrandom getenv getenvb putenv getpid getlogin cpu_count getcwd times",
        pendulum: "now today tomorrow yesterday parse local_timezone",
        _thread: "start_new_thread start_joinable_thread",
        asyncio: "run new_event_loop get_event_loop create_task to_thread",
    }
    for module, names in by_module.items():
        for name in names.split():
            if hasattr(module, name):
                setattr(module, name, forbidden(f"{module.__name__}.{name}", getattr(module, name)))
    for owner, name in (
        (random.Random, "__init__"),
        (random.Random, "seed"),
        (threading.Thread, "start"),
        (type(os.environ), "__getitem__"),
        (type(os.environ), "__iter__"),
        (type(os.environ), "__contains__"),
        (type(os.environ), "__setitem__"),
        (type(os.environ), "get"),
        (pendulum.DateTime, "now"),
        (pendulum.DateTime, "today"),
        (pendulum.DateTime, "utcnow"),
        (pendulum.Date, "today"),
    ):
        original = getattr(owner, name)
        replacement = forbidden(f"{owner.__name__}.{name}", original)
        setattr(
            owner, name, staticmethod(replacement) if hasattr(original, "__self__") else replacement
        )
    for owner, name in (
        (datetime.datetime, "now"),
        (datetime.datetime, "utcnow"),
        (datetime.datetime, "today"),
        (datetime.date, "today"),
    ):
        # datetime inherits today from date on some versions.
        if name in vars(owner):
            replace_builtin_method(owner, name)


# --- module globals ---------------------------------------------------------------------------


def fingerprint(value: object, seen: frozenset[int] = frozenset()) -> object:
    """What a value is made of, as JSON: two equal fingerprints mean that nothing was changed in it."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return f"{type(value).__name__} {value!r}"
    if id(value) in seen:
        return "again"
    seen |= {id(value)}
    if isinstance(value, dict):
        return ["dict", [[fingerprint(k, seen), fingerprint(v, seen)] for k, v in value.items()]]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [fingerprint(part, seen) for part in value]]
    if isinstance(value, (set, frozenset)):
        return [type(value).__name__, sorted(repr(fingerprint(part, seen)) for part in value)]
    owner = type(value)
    if isinstance(value, type):
        if not belongs(value.__module__):
            return f"type {id(value)}"
        space = {
            key: part
            for key, part in vars(value).items()
            if not key.startswith(("__", "_abc_", "_abc", "_member")) and not is_plumbing(part)
        }
        return [f"type {value.__qualname__} {id(value)}", fingerprint(space, seen)]
    fields = getattr(owner, "__attrs_attrs__", None)
    if fields is not None:
        told = {field.name: getattr(value, field.name, None) for field in fields if field.eq}
        return [f"{owner.__qualname__} {id(value)}", fingerprint(told, seen)]
    if belongs(getattr(owner, "__module__", "")) and hasattr(value, "__dict__"):
        return [f"{owner.__qualname__} {id(value)}", fingerprint(dict(vars(value)), seen)]
    told = {}
    if hasattr(value, "__defaults__"):
        told["defaults"] = value.__defaults__
        told["keyword defaults"] = getattr(value, "__kwdefaults__", None)
    return [f"{owner.__name__} {id(value)}", fingerprint(told, seen)]


def is_plumbing(part: object) -> bool:
    return hasattr(part, "__get__") and not isinstance(part, (type, dict, list, set))


def belongs(module: str | None) -> bool:
    return isinstance(module, str) and module.split(".")[0] in {"ordercore", "planted"}


def import_everything() -> None:
    """The root loads its names on first use: that is an import, so it is done before comparing."""
    import ordercore

    # The kit is not watched, and would load Hypothesis before pytest can rewrite its assertions.
    names = [
        found.name
        for found in pkgutil.walk_packages(ordercore.__path__, "ordercore.")
        if not found.name.startswith("ordercore.testing")
    ]
    for name in names:
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", ()):
            getattr(module, public)
    for public in getattr(ordercore, "__all__", ()):
        getattr(ordercore, public)


def all_globals() -> dict[str, str]:
    found = {}
    for name, module in sorted(sys.modules.items()):
        if belongs(name) and not name.startswith("ordercore.testing"):
            for key, value in vars(module).items():
                if not key.startswith("__"):
                    found[f"{name}.{key}"] = json.dumps(fingerprint(value))
    return found


# --- running ----------------------------------------------------------------------------------


def run(kind: str, targets: list[str]) -> int:
    if kind == "script":
        runpy.run_path(targets[0], run_name="__main__")
        return 0
    import pytest

    guarded = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "hypothesis", "-x"]
    # The library is loaded before pytest, on purpose; its kit needs no rewritten asserts here.
    guarded += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*guarded, "--no-header", "--tb=short", *targets]))


def main(arguments: list[str]) -> int:
    mode, *options = arguments
    split = options.index("--")
    if "--library" in options[:split]:
        folder = os.path.realpath(options[options.index("--library") + 1])
        LIBRARY.append(folder + os.sep)
        sys.path.insert(0, folder)
    kind, *targets = options[split + 1 :]
    if mode == "audit":
        sys.addaudithook(listen)
        code = run(kind, targets)
        before = after = {}
    else:
        if "--library" in options[:split]:
            importlib.import_module("planted")
        else:
            import_everything()
        before = all_globals()
        replace_all()
        try:
            code = run(kind, targets)
        except Leak as leak:
            print(leak)
            code = 1
        after = all_globals()
    changed = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    for leak in leaks:
        print("LEAK", leak)
    for name in changed:
        print("CHANGED", name)
    print("WATCHED", json.dumps({"code": code, "leaks": len(leaks), "changed": len(changed)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
