"""A guarded reading of YAML in which every scalar stays the text that was written.

Aliases, anchors, merge keys and tags are refused; so is deep nesting. The parser's events are folded
without recursion, so hostile input costs what it weighs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from agentboard_tasks.formats.yamlvalues import DuplicateKey, Value, YamlRefused

__all__ = ["DuplicateKey", "Value", "YamlRefused", "read_mapping"]

_DEEPEST = 40
_STARTS = frozenset({yaml.MappingStartEvent, yaml.SequenceStartEvent})
_ENDS = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent})
_NODES = _STARTS | {yaml.AliasEvent, yaml.ScalarEvent}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(text: str) -> tuple[dict[str, Value], list[DuplicateKey]]:
    """The mapping that a text holds, and the keys that it gives twice (the last value wins).

    Raises:
        YamlRefused: for anything else.
    """
    try:
        return _fold(_events(text))
    except yaml.MarkedYAMLError as fault:
        mark: Any = fault.problem_mark or fault.context_mark
        where = (mark.line, mark.column) if mark is not None else (0, 0)
        raise YamlRefused(str(fault.problem or fault.context or "not valid YAML"), *where) from None
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise YamlRefused(_first_line(fault), 0, 0) from None


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or ["not valid YAML"])[0]


def _events(text: str) -> Iterator[Any]:
    try:
        loader = _Loader(text)
        try:
            while loader.check_event():
                yield loader.get_event()
        finally:
            loader.dispose()
    except UnicodeEncodeError as fault:
        line = text.count("\n", 0, fault.start)
        raise YamlRefused("bytes that are not UTF-8", line, 0) from None


def _refuse_extras(event: Any) -> None:
    if event.__class__ is yaml.AliasEvent:
        _refuse(event, "an alias (`*…`) has no place in front matter")
    if event.anchor:
        _refuse(event, "an anchor (`&…`) has no place in front matter")
    if event.tag:
        _refuse(event, "a tag (`!…`) has no place in front matter")


def _refuse(event: Any, reason: str) -> None:
    raise YamlRefused(reason, event.start_mark.line, event.start_mark.column)


class _Level:
    """One open collection while the events are folded."""

    __slots__ = ("key", "value")

    def __init__(self, value: list[Value] | dict[str, Value]) -> None:
        self.value = value
        self.key: str | None = None


def _fold(events: Iterator[Any]) -> tuple[dict[str, Value], list[DuplicateKey]]:
    levels: list[_Level] = []
    duplicates: list[DuplicateKey] = []
    root: Value = {}
    for event in events:
        kind: type = event.__class__
        if kind in _NODES:
            _refuse_extras(event)
        if kind is yaml.ScalarEvent:
            if not levels:
                _refuse(event, "a mapping of keys to values was expected")
            _add_scalar(levels[-1], event, duplicates)
        elif kind in _STARTS:
            value: Value = {} if kind is yaml.MappingStartEvent else []
            _open(levels, event, value)
            root = value if len(levels) == 1 else root
        elif kind in _ENDS:
            levels.pop()
    if not isinstance(root, dict):
        raise YamlRefused("a mapping of keys to values was expected", 0, 0)
    return root, duplicates


def _open(levels: list[_Level], event: Any, value: Any) -> None:
    if len(levels) >= _DEEPEST:
        _refuse(event, f"nested deeper than {_DEEPEST} levels")
    if levels:
        parent = levels[-1]
        if isinstance(parent.value, dict) and parent.key is None:
            _refuse(event, "a key must be plain text")
        _put(parent, value)
    levels.append(_Level(value))


def _put(level: _Level, value: Value) -> None:
    if isinstance(level.value, list):
        level.value.append(value)
    elif level.key is not None:
        level.value[level.key] = value
        level.key = None


def _add_scalar(level: _Level, event: Any, duplicates: list[DuplicateKey]) -> None:
    text: str = event.value
    if isinstance(level.value, list) or level.key is not None:
        _put(level, text)
        return
    if text == "<<" and not event.style:
        _refuse(event, "a merge key (`<<`) has no place in front matter")
    if text in level.value:
        duplicates.append((text, event.start_mark.line))
    level.key = text
