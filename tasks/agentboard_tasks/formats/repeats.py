"""Members that a JSON text gives twice in one object; readers disagree about which of them counts."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["repeated_members"]


def repeated_members(text: str) -> tuple[str, ...]:
    """The names of members that some object of a valid JSON text has more than once."""
    found: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    found[name] = None
                seen.add(name)
        return value

    json.JSONDecoder(object_pairs_hook=note).decode(text)
    return tuple(found)
