"""A word to an agent at work: at its next safe point, at once when it interrupts, and never lost."""

from __future__ import annotations

import json
import os
import signal
from time import monotonic

from tests.blackbox.foreign import Act, Foreign, say, use
from tests.support.shell import Home, until


def test_an_interrupt_cuts_a_long_command_off_and_the_agent_hears_at_once(home: Home) -> None:
    with Foreign(
        [use("Bash", 1, command="echo begun > begun; sleep 300")],
        [use("Write", 2, file_path="a.txt", content="a")],
        [say()],
    ) as model:
        home.model_at(model.url)
        run = home.agentboard("dispatch", "api-engineer", "--task", "T1").stdout.strip()
        until(lambda: list(home.state.glob("agentboard/*/worktrees/*/begun")))
        began = monotonic()
        home.agentboard("message", run, "--interrupt", "Leave", "that")
        until(lambda: home.json("runs")[0]["state"] == "review")
        assert monotonic() - began < 60, "nobody waited for the command"
        told = json.dumps(model.requests[1]["messages"][-1])
        assert "a person interrupted this" in told
        assert "Message from human: Leave that" in told
    (message,) = home.json("messages")
    assert (message["state"], message["delivered_to"]) == ("acted", run)
    assert "message from human: Leave that" in home.agentboard("log", run).stdout


def test_a_message_while_the_agent_says_its_last_word_is_heard_in_the_same_run(home: Home) -> None:
    sent: list[str] = []

    def script(_request: int, said: int) -> Act:
        if said == 0:
            run = home.json("runs")[0]["id"]
            sent.append(home.agentboard("message", run, "One more thing").stdout)
        return {"blocks": [say(f"Done {said}.")]}

    with Foreign(script=script) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
        assert len(model.requests) == 2
        assert "One more thing" in json.dumps(model.requests[1]["messages"][-1])
    assert home.json("messages")[0]["state"] == "acted"


def test_a_pause_is_acknowledged_between_two_tools_of_one_turn(home: Home) -> None:
    commands = [use("Bash", number, command=f"echo {number} >> n.txt; sleep 1") for number in range(8)]
    with Foreign(commands, [say()]) as model:
        home.model_at(model.url)
        run = home.agentboard("dispatch", "api-engineer", "--task", "T1").stdout.strip()
        until(lambda: list(home.state.glob("agentboard/*/worktrees/*/n.txt")))
        home.agentboard("pause", run)
        (made,) = home.state.glob("agentboard/*/worktrees/*/n.txt")
        assert len(made.read_text().split()) < 8, "it did not wait for all of them"
        os.kill(home.worker_pid(), signal.SIGKILL)
        assert home.json("runs")[0]["state"] == "paused"
        home.agentboard("resume", run)
        until(lambda: home.json("runs")[0]["state"] == "review")
        assert len(model.requests) == 2
    branch = home.json("runs")[0]["branch"]
    assert home.git("show", f"{branch}:n.txt").split() == [str(number) for number in range(8)]
