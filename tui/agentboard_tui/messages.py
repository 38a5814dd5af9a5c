"""What the bridge tells the app: from threads to the one place that changes state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from agentboard_agents.recap import Recap
    from agentboard_agents.survey import Survey

__all__ = ["FilesChanged", "FilesLoaded", "Finished", "LookedBack", "Noticed", "Replied"]


class FilesChanged(Message):
    """The watcher saw changes beneath the project."""

    def __init__(self, paths: frozenset[str]) -> None:
        super().__init__()
        self.paths = paths


class FilesLoaded(Message):
    """A load of the project's files has ended: with a survey, or with one line on why not."""

    def __init__(self, survey: Survey | None, fault: str = "") -> None:
        super().__init__()
        self.survey = survey
        self.fault = fault


class Replied(Message):
    """What came of something that a person asked of `runs`: one line; `ok` is false for a refusal."""

    def __init__(
        self, text: str, *, ok: bool = True, select: str | None = None, runs: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.text = text
        self.ok = ok
        self.select = select
        self.runs = runs


class LookedBack(Message):
    """What happened while the board was closed."""

    def __init__(self, recap: Recap) -> None:
        super().__init__()
        self.recap = recap


class Noticed(Message):
    """Something about this machine that people have to see all the time; `about` names it."""

    def __init__(self, about: str, text: str) -> None:
        super().__init__()
        self.about = about
        self.text = text


class Finished(Message):
    """The app may leave: what had to be done before has been done."""
