"""A guarded reading of YAML in which every scalar stays the text that was written.

Aliases, anchors, merge keys and tags are refused; so is deep nesting. The parser's events are folded
without recursion, so hostile input costs what it weighs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from agentboard_tasks.formats.yamlvalues import DuplicateKey, Value, YamlRefused

__all__ = ["DuplicateKey", "Value", "YamlRefused", "read_mapping"]

_DEEPEST = 40
_NO_TEXT = re.compile("[\udc80-\udcff]")
_STAND_INS = {0xDC00 + byte: 0x10FE00 + byte for byte in range(0x80, 0x100)}
_BYTES = {stand_in: byte for byte, stand_in in _STAND_INS.items()}
_STARTS = frozenset({yaml.MappingStartEvent, yaml.SequenceStartEvent})
_ENDS = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent})
_NODES = _STARTS | {yaml.AliasEvent, yaml.ScalarEvent}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(text: str) -> tuple[dict[str, Value], list[DuplicateKey]]:
    """The mapping that a text holds, and the keys that it gives twice (the last value wins).

    Bytes that are not UTF-8 stay lone surrogates; the parser sees private characters in their place.

    Raises:
        YamlRefused: for anything else.
    """
    if text.isascii() or not _NO_TEXT.search(text):
        return _read(text)
    fields, duplicates = _read(text.translate(_STAND_INS))
    restored: Any = _restored(fields)
    return restored, [(key.translate(_BYTES), line) for key, line in duplicates]


def _restored(value: Value) -> Value:
    if isinstance(value, str):
        return value.translate(_BYTES)
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return {key.translate(_BYTES): _restored(item) for key, item in value.items()}


def _read(text: str) -> tuple[dict[str, Value], list[DuplicateKey]]:
    try:
        return _fold(_events(text))
    except yaml.MarkedYAMLError as fault:
        mark: Any = fault.problem_mark or fault.context_mark
        where = (mark.line, mark.column) if mark is not None else (0, 0)
        raise YamlRefused(str(fault.problem or fault.context or "not valid YAML"), *where) from None
    except yaml.reader.ReaderError as fault:
        raise YamlRefused(f"{fault.reason} (U+{_code(fault):04X})", *_place(text, fault.position)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise YamlRefused(_first_line(fault), 0, 0) from None


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or ["not valid YAML"])[0]


def _events(text: str) -> Iterator[Any]:
    loader = _Loader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _code(fault: yaml.reader.ReaderError) -> int:
    character: int | str = fault.character
    return character if isinstance(character, int) else ord(character[:1] or "?")


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 0, of a place that is counted in bytes."""
    head = text.encode("utf-8", "surrogateescape")[:offset]
    line_start = head.rfind(b"\n") + 1
    return head.count(b"\n"), len(head[line_start:].decode("utf-8", "replace"))


def _refuse_extras(event: Any) -> None:
    if event.__class__ is yaml.AliasEvent:
        _refuse(event, "an alias (`*…`) has no place in front matter")
    if event.anchor:
        _refuse(event, "an anchor (`&…`) has no place in front matter")
    if event.tag:
        _refuse(event, "a tag (`!…`) has no place in front matter")


def _refuse(event: Any, reason: str) -> None:
    raise YamlRefused(reason, event.start_mark.line, event.start_mark.column, valid=True)


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
