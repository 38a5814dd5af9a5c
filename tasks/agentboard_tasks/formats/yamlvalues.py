"""What a guarded reading of YAML gives, without the reader: plain front matter needs no YAML library."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["DuplicateKey", "Value", "YamlRefused"]

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
DuplicateKey: TypeAlias = tuple[str, int]  # the key and its line, counted from 0


class YamlRefused(Exception):
    """Text that is not YAML, or YAML that has no place in front matter; line and column count from 0.

    `valid` tells the two apart: other readers take YAML that is only refused here.
    """

    def __init__(self, reason: str, line: int, column: int, *, valid: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.valid = valid
