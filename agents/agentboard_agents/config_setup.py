"""What a project wants in each new work tree: files that git does not track, and commands that prepare it."""

from __future__ import annotations

from msgspec import Struct

from agentboard_agents.body_paths import repository_path
from agentboard_agents.config_fields import Fields

__all__ = ["SetUp", "read_setup"]

KEYS = ("copy", "commands")


class SetUp(Struct, frozen=True):
    """Paths of the checkout that are copied, and commands that run then: none without trust."""

    copy: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def read_setup(project: Fields) -> SetUp:
    """Read `setup:` of a project's configuration; a path that leads outside is refused."""
    fields = project.mapping("setup")
    fields.known(KEYS)
    paths: list[str] = []
    for text in fields.strings("copy"):
        path = repository_path(text)
        if not path or path.split("/")[0] == ".git":
            fields.refuse("copy", f"`copy` cannot take {text!r}", "name a file or directory of the project")
        else:
            paths.append(path)
    commands = tuple(command for command in fields.strings("commands") if command.strip())
    return SetUp(tuple(dict.fromkeys(paths)), commands)
