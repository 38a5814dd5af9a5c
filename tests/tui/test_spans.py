"""Lines of spans: what is broken to fit keeps every word."""

from __future__ import annotations

import pytest

from agentboard_tui.widgets.spans import say, width_of, wrapped

TITLE = "Search the catalog by words and parts of words"


@pytest.mark.parametrize("width", range(12, len(TITLE) + 4))
@pytest.mark.parametrize("before", ["", "✓ docstrings "])
def test_words_stay_apart_at_every_width(before: str, width: int) -> None:
    lines = wrapped([say(before), say(TITLE)], width)
    assert max(width_of(line) for line in lines) <= width
    shown = " ".join("".join(span.text for span in line) for line in lines)
    assert shown.split() == (before + TITLE).split()
