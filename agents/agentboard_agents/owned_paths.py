"""Whose code a path is: what a definition tells its agent to leave alone, by areas of it. Pure."""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["Area", "avoided", "whose"]

LEFT_ALONE = re.compile(
    r"\b(?:(?:do|must|may)[ *_]{1,4}not|don't|never)\b[ \t*_]{1,6}"
    r"(?:modify|touch|change|edit|write|implement)\b"
    r"(?P<what>[^.;\n]{0,120})",
    re.IGNORECASE,
)
MONOREPO = frozenset({"apps", "packages", "services", "projects", "src"})


class Area(Struct, frozen=True):
    """A part of a repository: words for it, and directories that are it: anywhere, or on top."""

    name: str
    words: frozenset[str]
    anywhere: frozenset[str]
    on_top: frozenset[str]


AREAS = (
    Area(
        "frontend",
        frozenset({"frontend", "front-end", "client-side"}),
        frozenset({"frontend", "front-end", "front_end", "webapp", "web-app", "webui"}),
        frozenset({"web", "client", "ui", "www"}),
    ),
    Area(
        "backend",
        frozenset({"backend", "back-end", "server-side"}),
        frozenset({"backend", "back-end", "back_end"}),
        frozenset({"server", "api"}),
    ),
    Area(
        "infrastructure",
        frozenset({"infrastructure", "infra", "deployment"}),
        frozenset({"infrastructure", "infra", "terraform", "k8s", "kubernetes", "helm", "ansible"}),
        frozenset({"deploy", "deployment", "ops", ".github", ".circleci"}),
    ),
    Area(
        "mobile",
        frozenset({"mobile", "android", "ios"}),
        frozenset({"mobile", "android", "ios"}),
        frozenset(),
    ),
)


def avoided(body: str, own: str) -> tuple[Area, ...]:
    """Return the areas that an agent's text tells it to leave alone.

    Args:
        body: the text.
        own: its name and what it is; the area that it is named for is its own.
    """
    told = " ".join(found["what"].lower() for found in LEFT_ALONE.finditer(body))
    words, mine = set(re.findall(r"[\w-]+", told)), set(re.findall(r"\w+", own.lower()))
    return tuple(area for area in AREAS if area.words & words and not area.words & mine)


def whose(path: str, areas: tuple[Area, ...]) -> str:
    """Return the name of the area that a path is in, empty when it is in none of them."""
    directories = path.lower().split("/")[:-1]
    top = directories[1:] if directories[:1] and directories[0] in MONOREPO else directories
    for area in areas:
        if area.anywhere.intersection(directories) or (top and top[0] in area.on_top):
            return area.name
    return ""
