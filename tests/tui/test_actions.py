"""The registry of actions."""

from __future__ import annotations

import pytest

from agentboard_agents.board_panes import Ask, Pane
from agentboard_tui.actions import ACTIONS, BY_ID, keys_page, offered
from agentboard_tui.acts import ACTS
from agentboard_tui.situation import Situation

CONTRACT = """d p P e m a n x r v space enter escape 1 2 3 4 5 6 A R j k h l
f y o t q Q ctrl+z ctrl+p colon slash""".split()  # noqa: SIM905  as in the contract
IDLE = Pane("ada", "ada")
AT_WORK = Pane("ada", "ada", "working", "working", run="r1")
OWN = {"peek", "back", "open", "follow", "next_panel", "previous_panel"}


def reason(action: str, situation: Situation) -> str | None:
    return BY_ID[action].unavailable(situation)


def test_every_key_of_the_contract_is_in_the_registry() -> None:
    keys = {key for action in ACTIONS for key in action.keys}
    assert set(CONTRACT) - keys == set()


def test_no_key_does_two_things() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))


def test_every_action_that_can_be_available_is_done_by_somebody() -> None:
    later = {"review", "accept", "reject", "artifacts", "timeline", "team"}
    assert {action.id for action in ACTIONS} - set(ACTS) - OWN - later == set()


@pytest.mark.parametrize("action", ["pause", "escalate", "cancel", "message"])
def test_without_a_selected_agent_the_reason_says_how_to_select_one(action: str) -> None:
    assert "select an agent" in (reason(action, Situation(agents=2)) or "")


@pytest.mark.parametrize("action", ["dispatch", "pause", "message", "peek"])
def test_without_agents_the_reason_says_what_to_write(action: str) -> None:
    assert ".claude/agents" in (reason(action, Situation()) or "")


def test_a_run_at_work_can_be_paused_escalated_and_cancelled_but_not_retried() -> None:
    situation = Situation(agents=1, pane=AT_WORK)
    assert [reason(action, situation) for action in ("pause", "escalate", "cancel")] == [None] * 3
    assert "cancels first" in (reason("retry", situation) or "")


def test_only_a_run_that_does_something_is_interrupted() -> None:
    for state, why in (("waiting", "a answers"), ("paused", "m leaves"), ("review", "v reviews")):
        pane = Pane("ada", "ada", state, state, run="r1")
        assert why in (reason("interrupt", Situation(agents=1, pane=pane)) or "")
    assert reason("interrupt", Situation(agents=1, pane=AT_WORK)) is None
    assert "has no run" in (reason("interrupt", Situation(agents=1, pane=IDLE)) or "")


def test_a_waiting_run_is_not_escalated_again() -> None:
    pane = Pane("ada", "ada", "waiting", "asks", run="r1", ask=Ask("q", "question", "?"))
    assert "waits for an answer" in (reason("escalate", Situation(agents=1, pane=pane)) or "")


def test_without_a_store_nothing_is_asked_of_the_worker() -> None:
    situation = Situation(agents=1, pane=AT_WORK, store=False, open_runs=1)
    for action in ("dispatch", "pause", "escalate", "cancel", "freeze"):
        assert "store" in (reason(action, situation) or "")


def test_the_footer_dims_what_makes_no_sense() -> None:
    shown = {action.id: available for action, available in offered(Situation(agents=1, pane=IDLE))}
    assert (shown["dispatch"], shown["pause"]) == (True, False)


def test_the_keys_page_has_a_row_for_each_action() -> None:
    page = keys_page()
    assert sum(line.startswith("| `") for line in page.splitlines()) == len(ACTIONS)
