"""Values of a configuration file, typed one by one; what does not fit becomes a problem and is left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import cast

from agentboard_tasks.formats.yamlvalues import Value
from agentboard_tasks.model import Problem, Severity

__all__ = ["Fields"]

MOST_UNKNOWN = 50
WITHOUT = "what it says does not count until it is corrected"
YES = frozenset({"true", "yes", "on"})
NO = frozenset({"false", "no", "off"})
NOTHING = frozenset({"", "null", "~"})


class Fields:
    """One mapping of a configuration file; each member is asked for once, by its type."""

    def __init__(self, file: str, text: str, values: Mapping[str, Value], problems: list[Problem]) -> None:
        self.file = file
        self.text = text
        self.values = values
        self.problems = problems

    def refuse(self, key: str, message: str, hint: str = "") -> None:
        """Note a problem at the line of a key."""
        found = re.search(rf"^[ \t-]*[\"']?{re.escape(key)}[\"']?[ \t]*:", self.text, re.MULTILINE)
        line = self.text.count("\n", 0, found.start()) + 1 if found else 1
        column = len(found[0]) - len(found[0].lstrip(" \t-")) + 1 if found else 1
        self.problems.append(Problem(Severity.WARNING, self.file, line, message, column, hint or WITHOUT))

    def known(self, keys: Collection[str], hint: str = "") -> None:
        """Note every member that nobody will ask for."""
        unknown = [key for key in self.values if key not in keys]
        for key in unknown[:MOST_UNKNOWN]:
            self.refuse(key, f"`{key}` is not known here", hint or f"known are {', '.join(sorted(keys))}")

    def string(self, key: str, choices: Collection[str] = ()) -> str | None:
        """Return a text, one of `choices` if there are any."""
        value = self.values.get(key)
        if value is None or (isinstance(value, str) and value.strip().lower() in NOTHING):
            return None
        if not isinstance(value, str):
            self.refuse(key, f"`{key}` must be a text")
            return None
        if choices and value not in choices:
            self.refuse(key, f"`{key}` cannot be {value!r}", f"one of {', '.join(sorted(choices))}")
            return None
        return value.strip()

    def number(self, key: str, least: float = 0.0) -> float | None:
        """Return a number of at least `least`."""
        text = self.string(key)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value < float("inf"):
            self.refuse(key, f"`{key}` must be a number from {least:g}")
            return None
        return value

    def flag(self, key: str) -> bool:
        """Return a yes or a no; no where nothing is said."""
        text = (self.string(key) or "no").lower()
        if text not in YES | NO:
            self.refuse(key, f"`{key}` must be true or false")
        return text in YES

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single one is a list too."""
        value = self.values.get(key)
        if isinstance(value, list):
            if all(isinstance(item, str) for item in value):
                return tuple(cast("list[str]", value))
            self.refuse(key, f"`{key}` must be a list of texts")
            return ()
        single = self.string(key)
        return (single,) if single is not None else ()

    def mapping(self, key: str) -> Fields:
        """Return the members of a mapping; none where it is missing."""
        value = self.values.get(key)
        if isinstance(value, dict):
            return Fields(self.file, self.text, value, self.problems)
        if isinstance(value, list) or (value is not None and self.string(key) is not None):
            self.refuse(key, f"`{key}` must be a mapping")
        return Fields(self.file, self.text, {}, self.problems)

    def mappings(self, key: str) -> list[Fields]:
        """Return a list of mappings."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, f"`{key}` must be a list of mappings")
            return []
        items = cast("list[dict[str, Value]]", value)
        return [Fields(self.file, self.text, item, self.problems) for item in items]
