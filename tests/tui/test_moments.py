"""Moments as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentboard_tui.moments import moment

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1d2h", timedelta(days=1, hours=2)),
        ("45 s ago", timedelta(seconds=45)),
        ("1W", timedelta(weeks=1)),
    ],
)
def test_an_age_counts_back_from_now(text: str, ago: timedelta) -> None:
    assert moment(text, NOW) == NOW - ago


def test_a_time_is_taken_as_it_is_written() -> None:
    assert moment("2026-02-28T23:00:00Z", NOW) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert moment("2026-02-28T23:00:00.500+01:00", NOW) == datetime(
        2026, 2, 28, 22, 0, 0, 500_000, tzinfo=UTC
    )
    day = moment("2026-02-28", NOW)
    assert day is not None
    assert (day.astimezone().hour, day.astimezone().day) == (0, 28)


def test_a_clock_is_the_last_time_it_showed_that() -> None:
    local = NOW.astimezone()
    before, after = local - timedelta(minutes=5), local + timedelta(minutes=5)
    assert moment(f"{before:%H:%M}", NOW) == before.replace(second=0)
    assert moment(f"{after:%H:%M}", NOW) == after.replace(second=0) - timedelta(days=1)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "12:75", "2h later", "m", "-3h", "2026-13-01"])
def test_what_names_no_moment_is_none(text: str) -> None:
    assert moment(text, NOW) is None
