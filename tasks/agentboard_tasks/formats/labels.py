"""What the text of an item says besides its title: id, tags, priority, dependencies, date of completion."""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["DateStyle", "Labels", "date_style", "read_labels", "short_hash_text", "split_completed"]

_ID = (
    r"[A-Z][A-Z0-9]{0,9}(?:-[A-Z]{0,4}\d{1,6}){1,3}(?:\.\d{1,4})*[a-z]?|"
    r"(?:T\d{1,5}|[A-Z]{1,4}\d{3,5}|(?:US|FR|AC|NFR)\d{1,5})(?:\.\d{1,4})*[a-z]?|"
    r"\d{1,4}(?:\.\d{1,4}){1,5}|#\d{1,7}"
)
_PREFIX = re.compile(
    r"(?P<open>\*\*|__|`|\[|\()?(?:"
    rf"(?P<id>{_ID})(?=[\s:.)\]*_`,–—-]|\Z)"
    r"|(?P<number>\d{1,4})(?=[.):]{1,2}(?:\s|\*|\Z))"
    r"|(?:Task|Story|Step|Issue)[ ]#?(?P<named>\d{1,4}(?:\.\d{1,4}){0,4})(?=[:.)\]*–—-]|[ ][–—-]|\Z)"
    r")[:.)\]*_`–—-]{0,4}\s*[:–—-]{0,1}\s*"
)
_TAG = re.compile(r"\[([A-Za-z][A-Za-z0-9_ -]{0,19})\](?![(\[:])\s*")
_COMPLETED = re.compile(
    r"(?P<lead>[ \t])(?P<open>(?:[*_]{0,2}[(\[])(?:completed|done|finished|closed)(?: on)?:?[ ]?"
    r"|[✅✔]\ufe0f?[ ]?(?:completed:?[ ]|done:?[ ])?"
    r"|[–—-][ ](?:completed|done|finished)(?: on)?:?[ ])"
    r"(?P<date>\d{4}-\d{2}-\d{2}(?:[T ][0-9:.+Z-]{4,20})?)(?P<close>[)\]]?[*_]{0,2})\s*\Z",
    re.IGNORECASE,
)
_PRIORITY = re.compile(
    r"[(\[]P(?P<number>[0-9])[)\]]"
    r"|(?<![A-Za-z0-9])priority(?:[^\w\r\n,;.!?]|_){1,10}(?P<word>critical|urgent|highest|high|medium|normal|low|lowest|[Pp]?[0-9])\b",
    re.IGNORECASE,
)
_NEED = (
    r"[*_`]{0,3}(?:(?:tasks?|stor(?:y|ies)|steps?|issues?)[ ])?[#A-Za-z0-9][#A-Za-z0-9._-]{0,30}"
    r"[*_`]{0,3}(?:[ ]?\([^()\r\n]{1,60}\))?"
)
"""One of the tasks that come first, perhaps with what it is about in parentheses."""
_NEXT = r"(?:[ ]?[,;/&+][ ]?(?:(?:and|&)[ ])?|[ ]and[ ])"
_DEPENDS = re.compile(
    r"(?<![A-Za-z0-9])(?:depends[ _-]?on|depends|dependencies|deps(?=[*_`]{0,3}[:=])|blocked[ _]by)"
    r"[*_`]{0,3}[ ]?[:=]?[*_`]{0,3}[ ]?\[?"
    rf"(?P<needs>{_NEED}(?:{_NEXT}{_NEED}){{0,20}})",
    re.IGNORECASE,
)
_NAME = re.compile(
    rf"(?:\A|{_NEXT})[*_`]{{0,3}}(?:[A-Za-z]{{4,7}}[ ])?(?P<name>[#A-Za-z0-9][#A-Za-z0-9._-]{{0,30}})",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\([^()]{0,60}\)")
_DATED = 2_000
"""Characters of an item up to which each of several dates is taken off."""
_LOOKS_LIKE_ID = re.compile(rf"(?:{_ID}|\d{{1,4}})\Z")
_RANKS = {
    "critical": 0,
    "urgent": 0,
    "highest": 0,
    "high": 1,
    "medium": 2,
    "normal": 2,
    "low": 3,
    "lowest": 4,
}
_COMMENT = re.compile(r"<!--.{0,400}?-->")


class Labels(Struct, frozen=True, gc=False):
    """The parts of an item's text; `title` is what is left for people."""

    title: str
    id: str | None = None
    tags: tuple[str, ...] = ()
    priority: int | None = None
    depends_on: tuple[str, ...] = ()
    completed: str | None = None


class DateStyle(Struct, frozen=True):
    """How a file writes the date of completion."""

    open: str = "(completed: "
    close: str = ")"

    def suffix(self, date: str) -> str:
        """The text to append to an item, with its leading space."""
        return f" {self.open}{date}{self.close}"


def split_completed(text: str) -> tuple[str, str | None, DateStyle | None]:
    """The text without its date of completion, the date, and its style."""
    tail = text[-80:]
    if "-" not in tail:
        return text, None, None
    match = _COMPLETED.search(tail)
    if match is None:
        return text, None, None
    kept = text[: len(text) - len(tail) + match.start()].rstrip(" \t")
    earlier = split_completed(kept)[0] if len(kept) < _DATED else kept  # a date that is there twice
    return earlier, match["date"], DateStyle(match["open"], match["close"])


def date_style(texts: list[str]) -> DateStyle | None:
    """The style of the last text that carries a date of completion."""
    for text in reversed(texts):
        style = split_completed(text)[2]
        if style is not None:
            return style
    return None


def read_labels(text: str) -> Labels:
    """Everything that the text of an item says."""
    if "<!--" in text:
        text = _COMMENT.sub("", text).strip()
    title, completed, _ = split_completed(text)
    identity, title = _take_id(_unstruck(title.removeprefix("* ")))  # Kiro stars what is optional
    tags: tuple[str, ...] = ()
    if title.startswith("["):
        tags, title = _take_tags(title)
        if identity is None and tags:
            identity, title = _take_id(title)
    small = text.lower()
    return Labels(
        title.strip() or text.strip(),
        identity,
        tags,
        _priority(text) if "priority" in small or "(p" in small or "[p" in small else None,
        _depends(text) if "dep" in small or "blocked" in small else (),
        completed,
    )


def short_hash_text(text: str) -> str:
    """The text of an item as its hash sees it: no date of completion, emphasis, comments or extra space."""
    if "<!--" in text:
        text = _COMMENT.sub("", text)
    plain = split_completed(text.strip())[0].replace("*", "").replace("~~", "").replace("`", "")
    return " ".join(plain.split()).casefold()


def _unstruck(title: str) -> str:
    return title[2:-2] if len(title) > 4 and title.startswith("~~") and title.endswith("~~") else title


def _take_id(title: str) -> tuple[str | None, str]:
    match = _PREFIX.match(title)
    if match is None:
        return None, title
    identity = match["id"] or match["number"] or match["named"]
    rest = title[match.end() :]
    opened = match["open"]
    if opened in ("**", "__", "`") and match[0].count(opened) % 2:
        rest = rest.replace(opened, "", 1)
    return identity, rest if rest.strip() else title


def _take_tags(title: str) -> tuple[tuple[str, ...], str]:
    tags: list[str] = []
    position = 0
    while title[position : position + 1] == "[" and (match := _TAG.match(title, position)):
        tags.append(match[1])
        position = match.end()
    return tuple(tags), title[position:] if title[position:].strip() else title


def _priority(text: str) -> int | None:
    match = _PRIORITY.search(text)
    if match is None:
        return None
    word = (match["number"] or match["word"]).casefold()
    return _RANKS[word] if word in _RANKS else int(word.lstrip("p"))


def _depends(text: str) -> tuple[str, ...]:
    match = _DEPENDS.search(text)
    if match is None:
        return ()
    found = (one["name"].rstrip("._-") for one in _NAME.finditer(_ASIDE.sub("", match["needs"])))
    return tuple(name for name in found if _LOOKS_LIKE_ID.match(name))
