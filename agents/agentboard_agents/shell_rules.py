"""Rules on commands: `npm run *` against what a command says. To allow is strict, to deny or ask is generous.

A rule is a convenience, the sandbox is the control. A wildcard therefore stands for plain words only, and
never for what makes a program run another one: that has to be written in the rule itself.
"""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import basename

from agentboard_agents.shell_programs import KEYWORDS, PREFIXES, SHELLS, TEXT_RUNNERS, harmless
from agentboard_agents.shell_words import UNKNOWN, Plain, Seen, commands_in, plain_command

__all__ = ["allows", "reaches", "seen_within", "words_of_rule"]

ANYTHING = "*"
DEEPEST = 4
"""Shells inside of shells that are looked into."""

MOST_TEXTS = 16
"""Pieces of shell that are looked into for one command."""

FOUND = frozenset({"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec"})
"""Options after which a program takes a command."""


def allows(rule: str, command: str) -> bool:
    """Tell whether a rule allows a command: letter by letter, or as one plain command that it describes."""
    if rule == command:
        return bool(rule) and ANYTHING not in rule
    plain = plain_command(command)
    words = words_of_rule(rule)
    return plain is not None and bool(words) and plain.argv[0] not in KEYWORDS and covers(words, plain)


def covers(words: tuple[str, ...], plain: Plain) -> bool:
    """Tell whether the words of a rule describe a plain command, and no wildcard stands for too much."""
    argv = plain.argv
    fixed = len(words) - 1 if words[-1].endswith(ANYTHING) else len(words)
    open_ended = fixed < len(words)
    if len(argv) < fixed or (len(argv) > fixed and not open_ended):
        return False
    if not all(word_fits(word, given) for word, given in zip(words[:fixed], argv, strict=False)):
        return False
    if any(place < fixed for place in plain.globs):
        return False
    rest = argv[fixed:]
    stem = words[-1].removesuffix(ANYTHING) if open_ended else ""
    if stem and not (rest and rest[0].startswith(stem)):
        return False
    return harmless(argv, {place for place in range(len(argv)) if is_open(words, place)}, plain.globs)


def word_fits(word: str, given: str) -> bool:
    """Tell whether one word of a rule describes one word of a command."""
    return fnmatchcase(given, word.replace("[", "[[]")) if ANYTHING in word else word == given


def is_open(words: tuple[str, ...], place: int) -> bool:
    """Tell whether a wildcard stands for the word of the command at `place`."""
    return place >= len(words) or ANYTHING in words[place]


@lru_cache(1_000)
def words_of_rule(rule: str) -> tuple[str, ...]:
    """Return the words of a rule; a trailing `:*` is ` *`. None where quotes do not close."""
    text = rule.strip()
    if text.endswith(":*"):
        text = f"{text[:-2]} *"
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def reaches(rule: str, seen: Seen, command: str) -> bool:
    """Tell whether a rule could mean anything in a command: each command in it, by any spelling."""
    if rule.strip() == command.strip() or not rule.strip():
        return True
    words = words_of_rule(rule)
    if not words:
        return rule.strip() in command
    return any(could_mean(words, argv) for argv in seen.commands)


def could_mean(words: tuple[str, ...], argv: tuple[str, ...]) -> bool:
    """Tell whether a command has the words of a rule, in order, whatever stands between them."""
    for start, given in enumerate(argv):
        if start and basename(argv[0]) not in PREFIXES and argv[start - 1] not in FOUND:
            continue
        if UNKNOWN not in given and (fits_name(words[0], given)) and follows(words[1:], argv[start + 1 :]):
            return True
    return False


def fits_name(word: str, given: str) -> bool:
    """Tell whether a rule's program is the one that is called, by name or by path."""
    return word_fits(word, given) or word_fits(word, basename(given))


def follows(words: tuple[str, ...], argv: tuple[str, ...]) -> bool:
    """Tell whether the words occur in order; short options may come apart, unknown words fit all."""
    flags = {letter for given in argv if re.match(r"-[A-Za-z]", given) for letter in given[1:]}
    place = 0
    for word in words:
        if word == ANYTHING or (re.match(r"-[A-Za-z]+\Z", word) and set(word[1:]) <= flags):
            continue
        while place < len(argv) and not (UNKNOWN in argv[place] or word_fits(word, argv[place])):
            place += 1
        if place == len(argv):
            return False
        place += 1
    return True


def seen_within(command: str) -> Seen:
    """Return every command in a command, also in text that is handed to another shell.

    At most `MOST_TEXTS` texts, `DEEPEST` shells deep, are looked into: what has more is not readable.
    """
    found: list[Seen] = []
    readable = True
    texts, waiting = {command}, [(command, 0)]
    while waiting:
        text, depth = waiting.pop(0)
        if len(found) == MOST_TEXTS or depth > DEEPEST:
            readable = False
            break
        found.append(commands_in(text))
        inner = [one for one in handed_on(found[-1]) if one not in texts]
        texts.update(inner)
        waiting += [(one, depth + 1) for one in dict.fromkeys(inner)]
    return Seen(
        tuple(argv for seen in found for argv in seen.commands),
        readable and all(seen.readable and not reads_commands(seen) for seen in found),
        tuple(name for seen in found for name in seen.written),
        tuple(name for seen in found for name in seen.read),
    )


def handed_on(seen: Seen) -> list[str]:
    """Return the words that another shell would run as commands."""
    found = [text for argv, text in seen.fed if shell_in(argv) is not None or runs_text(argv)]
    for argv in seen.commands:
        shell = shell_in(argv)
        if shell is not None:
            rest = argv[shell + 1 :]
            found += [word for word in rest if not word.startswith("-")]
            found += [" ".join(rest)] if basename(argv[shell]) == "eval" else []
        elif runs_text(argv):
            found += [word for word in argv[1:] if re.search(r"\s", word)]
            found += [word.partition("=")[2] for word in argv[1:] if "=" in word]
        elif basename(argv[0]) == "git":
            found += [word.partition("=!")[2] for word in argv[1:] if "=!" in word]
    return found


def runs_text(argv: tuple[str, ...]) -> bool:
    """Tell whether a program runs what a word of it says."""
    return basename(argv[0]) in TEXT_RUNNERS


def shell_in(argv: tuple[str, ...]) -> int | None:
    """Return the place of a shell in a command that is one, or that runs one."""
    places = range(len(argv) if basename(argv[0]) in PREFIXES else 1)
    return next((place for place in places if basename(argv[place]) in SHELLS), None)


def reads_commands(seen: Seen) -> bool:
    """Tell whether a shell takes commands from its input, which come from elsewhere than this text."""
    fed = {argv for argv, _ in seen.fed}
    shells = ((argv, place) for argv in seen.commands if (place := shell_in(argv)) is not None)
    return any(
        basename(argv[place]) != "eval" and argv not in fed and only_options(argv[place + 1 :])
        for argv, place in shells
    )


def only_options(words: tuple[str, ...]) -> bool:
    """Tell whether a shell is given no script and no command, nor merely asked about itself."""
    return all(word.startswith("-") and word not in {"--version", "--help"} for word in words)
