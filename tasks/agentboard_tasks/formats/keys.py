"""The names that tasks keep while their lines, states and sections change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from agentboard_tasks.formats.labels import Labels, short_hash_text
from agentboard_tasks.formats.lines import encode, file_stem

__all__ = ["HASH_LIKE", "hash_key", "keys_of", "name_key", "task_id"]

HASH_LIKE = re.compile(r"[0-9a-f]{8}(?:\.\d+)?\Z")


def hash_key(text: str) -> str:
    """The short hash of a task's text, which does not see its date of completion."""
    return sha256(encode(short_hash_text(text))).hexdigest()[:8]


def keys_of(texts: Sequence[str], labels: Sequence[Labels]) -> list[str]:
    """One key per task: its own id where unique in the file, else a hash of its text with an ordinal."""
    uses = Counter(label.id for label in labels if label.id is not None)
    seen: Counter[str] = Counter()
    keys: list[str] = []
    for text, label in zip(texts, labels, strict=True):
        if label.id is not None and uses[label.id] == 1 and not HASH_LIKE.match(label.id):
            keys.append(label.id)
            continue
        key = hash_key(text)
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}.{seen[key]}")
    return keys


def task_id(file: str, key: str) -> str:
    """The id of a task within the project."""
    return f"{file_stem(file)}:{key}"


def name_key(name: str) -> str:
    """What `Architecture Lead` and `architecture-lead` have in common."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")
