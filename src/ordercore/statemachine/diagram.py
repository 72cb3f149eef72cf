"""Pictures of a machine: Mermaid and DOT, holding every state and every edge.

Ids never reach the diagram's syntax: states are drawn as ``s0``, ``s1``… and their names, which may
hold anything printable, stand only in escaped labels.
"""

from __future__ import annotations

from ordercore.statemachine.graph import reading_order
from ordercore.statemachine.spec import MachineSpec, Transition

__all__ = ["to_dot", "to_mermaid"]

_PLAIN = " _.,-/()[]"


def _mermaid_text(text: str) -> str:
    """Mermaid's entity codes for everything but letters, digits and a few harmless marks."""
    coded = "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in text)
    return coded.replace("--", "#45;#45;")


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _label(edge: Transition) -> str:
    guards = f" [{', '.join(edge.guards)}]" if edge.guards else ""
    roles = f" ({', '.join(edge.roles)})" if edge.roles else ""
    return f"{edge.command}{guards}{roles}"


def _state_labels(spec: MachineSpec) -> dict[str, str]:
    """What is written in a state: its name, and what its units count as where that is told."""
    return {
        state.id: f"{state.id} [{state.counts_as}]" if state.counts_as else state.id
        for state in spec.states
    }


def _keys(spec: MachineSpec) -> dict[str, str]:
    return {state: f"s{i}" for i, state in enumerate(reading_order(spec))}


def to_mermaid(spec: MachineSpec) -> str:
    """A ``stateDiagram-v2``: states from the initial one outwards, then every edge.

    An edge reads ``command [guards] (roles)``, a state ``id [counts_as]``. A sound spec is
    expected; an edge of an unsound one whose ends are no states is left out.

    Example:
        >>> from ordercore.statemachine import State
        >>> spec = MachineSpec(
        ...     "door",
        ...     version="1",
        ...     initial="open",
        ...     commands=["close"],
        ...     states=[State("open"), State("shut", terminal=True)],
        ...     transitions=[Transition("close", "open", "shut")],
        ... )
        >>> print(to_mermaid(spec))
        stateDiagram-v2
            state "open" as s0
            state "shut" as s1
            [*] --> s0
            s0 --> s1 : close
            s1 --> [*]
        <BLANKLINE>
    """
    keys, shown = _keys(spec), _state_labels(spec)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_mermaid_text(shown[state])}" as {key}' for state, key in keys.items()]
    if spec.initial in keys:
        lines.append(f"    [*] --> {keys[spec.initial]}")
    for edge in spec.transitions:
        if edge.source in keys and edge.target in keys:
            ends = f"{keys[edge.source]} --> {keys[edge.target]}"
            lines.append(f"    {ends} : {_mermaid_text(_label(edge))}")
    lines += [f"    {keys[state.id]} --> [*]" for state in spec.states if state.terminal]
    return "\n".join(lines) + "\n"


def to_dot(spec: MachineSpec) -> str:
    """A Graphviz digraph; terminal states have a double border, the initial one a thick one.

    Example:
        >>> from ordercore.statemachine import State
        >>> spec = MachineSpec(
        ...     "door",
        ...     version="1",
        ...     initial="open",
        ...     commands=["close"],
        ...     states=[State("open"), State("shut", terminal=True)],
        ...     transitions=[Transition("close", "open", "shut")],
        ... )
        >>> print(to_dot(spec))
        digraph "door" {
            node [shape=box, style=rounded];
            s0 [label="open", penwidth=2];
            s1 [label="shut", peripheries=2];
            s0 -> s1 [label="close"];
        }
        <BLANKLINE>
    """
    keys, shown = _keys(spec), _state_labels(spec)
    terminal = {state.id for state in spec.states if state.terminal}
    lines = [f"digraph {_dot_text(spec.id)} {{", "    node [shape=box, style=rounded];"]
    for state, key in keys.items():
        marks = ", penwidth=2" if state == spec.initial else ""
        marks += ", peripheries=2" if state in terminal else ""
        lines.append(f"    {key} [label={_dot_text(shown[state])}{marks}];")
    for edge in spec.transitions:
        if edge.source in keys and edge.target in keys:
            ends = f"{keys[edge.source]} -> {keys[edge.target]}"
            lines.append(f"    {ends} [label={_dot_text(_label(edge))}];")
    return "\n".join([*lines, "}"]) + "\n"
