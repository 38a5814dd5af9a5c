"""The files of questions that were left for later."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentboard_tasks.formats.consultations import answered, compose, parse
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.model import Consultation

FILE = ".claude/agents-shared/deferred/2026-01-02-keys.md"
ASKED = Consultation(
    FILE, "backend", "db-architect", "lead", "Which keys?\n\n## Answer\nnot yet", "2026-01-02", "r1"
)


def test_a_question_and_its_answer_come_back_as_they_were() -> None:
    open_one = parse(compose(ASKED), FILE)
    assert (open_one.asker, open_one.addressee, open_one.lead, open_one.run) == (
        "backend",
        "db-architect",
        "lead",
        "r1",
    )
    assert open_one.answer == "", "a question that looks like an answer is none"
    closed = parse(answered(compose(ASKED), FILE, "Integers."), FILE)
    assert (closed.question, closed.answer) == (open_one.question, "Integers.")


def test_a_question_is_answered_once() -> None:
    once = answered(compose(ASKED), FILE, "Integers.")
    with pytest.raises(FormatError, match="has an answer"):
        answered(once, FILE, "Texts.")


@given(st.binary(max_size=2_000))
def test_rubbish_is_the_documented_error_or_a_question(data: bytes) -> None:
    try:
        assert parse(b"---\n" + data, FILE).asker
    except FormatError:
        return
