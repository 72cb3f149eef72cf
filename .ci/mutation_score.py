"""Prints the mutation score of the last `mutmut run`, and who survived.

Two scores: of all mutants, and without the survivors that change only the wording of a message:
tests assert codes, never wording. A string with a blank in it is wording.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tokenize
from pathlib import Path

MUTMUT = Path(sys.executable).with_name("mutmut")


def mutmut(*words: str) -> str:
    command = [str(MUTMUT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def tokens(lines: list[str]) -> list[tuple[int, str]]:
    text = "\n".join(lines) + "\n"
    try:
        found = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, IndentationError):
        return []
    quiet = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    return [(token.type, token.string) for token in found if token.type not in quiet]


def is_wording(diff: str) -> bool:
    lines = diff.splitlines()
    before = tokens([line[1:].strip() for line in lines if line[:1] == "-" and line[:3] != "---"])
    after = tokens([line[1:].strip() for line in lines if line[:1] == "+" and line[:3] != "+++"])
    if not before or len(before) != len(after):
        return False
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    return bool(changed) and all(
        kind == tokenize.STRING and " " in old and (new == "None" or new_kind == tokenize.STRING)
        for (kind, old), (new_kind, new) in changed
    )


def main() -> int:
    outcome: dict[str, list[str]] = {}
    for line in mutmut("results", "--all", "true").splitlines():
        name, _, status = line.strip().partition(": ")
        if status:
            outcome.setdefault(status, []).append(name)
    survivors = outcome.get("survived", []) + outcome.get("no tests", [])
    checked = sum(len(names) for status, names in outcome.items() if status != "not checked")
    if not checked:
        print("no mutant was checked: run `mutmut run` first")
        return 1
    wording = {name for name in survivors if is_wording(mutmut("show", name))}
    for name in survivors:
        print("wording " if name in wording else "survived", name)
    counts = {status: len(names) for status, names in sorted(outcome.items())}
    print(counts)
    killed = checked - len(survivors)
    rest = checked - len(wording)
    print(f"all mutants: {killed} of {checked} killed, {killed / checked:.1%}")
    print(f"without wording: {killed} of {rest} killed, {killed / rest:.1%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
