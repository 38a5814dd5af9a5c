"""Asking the worker: once, at once visible, with a worker started only when none lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentboard_agents import ids
from agentboard_agents.client import Client
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from agentboard_agents.store import Store
from agentboard_agents.worker_lock import WorkerLock
from tests.agents.engine_parts import project_in, run_of, spec


class Starts:
    """Counts the workers that were asked for."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, project: Project) -> None:
        self.count += 1


@pytest.fixture
def starts() -> Starts:
    return Starts()


@pytest.fixture
def client(tmp_path: Path, starts: Starts) -> Iterator[Client]:
    made = Client(project_in(tmp_path), start=starts)
    yield made
    made.store.close()


def dispatch(client: Client, client_id: str | None = None) -> str:
    return client.dispatch_spec(spec(ids.run_id()), client_id=client_id)


def test_a_dispatched_run_shows_as_queued_and_a_worker_is_started(client: Client, starts: Starts) -> None:
    run = dispatch(client)
    assert ids.is_run_id(run)
    assert run_of(client.store, run).state is RunState.QUEUED
    assert [command.kind for command in client.store.pending()] == ["dispatch"]
    assert starts.count == 1


def test_the_same_intention_twice_is_one_run(client: Client) -> None:
    assert dispatch(client, "c1") == dispatch(client, "c1")
    assert len(client.store.runs()) == 1
    assert client.send("pause", "r1", client_id="c2") == client.send("pause", "r1", client_id="c2")


def test_no_worker_is_started_while_one_lives(client: Client, starts: Starts) -> None:
    lock = WorkerLock(client.project)
    assert lock.acquire()
    dispatch(client)
    assert starts.count == 0
    assert client.worker_alive()
    lock.release()
    client.send("pause", "r1")
    assert starts.count == 1


def test_a_command_is_kept_even_if_no_worker_can_be_started(tmp_path: Path) -> None:
    def fail(project: Project) -> None:
        raise OSError("no python here")

    client = Client(project_in(tmp_path), start=fail)
    with pytest.raises(OSError, match="no python"):
        client.send("pause", "r1")
    assert [command.kind for command in client.store.pending()] == ["pause"]
    client.store.close()


def test_wait_returns_when_another_process_settles(client: Client) -> None:
    command = client.send("pause", "r1")

    def settle() -> None:
        other = Store.open(client.project)
        other.settle(command.id, False, "there is no run r1")
        other.close()

    worker = threading.Thread(target=settle)
    worker.start()
    answer = client.wait(command, 10)
    worker.join()
    assert (answer.state, answer.reply) == ("refused", "there is no run r1")


def test_wait_gives_up_with_the_command_still_pending(client: Client) -> None:
    begun = time.monotonic()
    assert not client.wait(client.send("pause", "r1"), 0.05).settled
    assert time.monotonic() - begun < 5


def test_empty_data_is_left_out(client: Client) -> None:
    assert client.send("cancel", "r1", reason=None, final=False).data == {"final": False}


def test_a_spec_can_be_dispatched_whole(client: Client) -> None:
    assert client.dispatch_spec(spec("r7")) == "r7"
    assert run_of(client.store, "r7").spec == spec("r7")


def test_run_ids_sort_by_time_and_are_safe_names() -> None:
    made = [ids.run_id(milliseconds) for milliseconds in (1, 2, 10**9, 10**12, 2 * 10**12)]
    assert made == sorted(made)
    assert all(ids.is_run_id(name) and len(name) == 13 for name in made)
    assert len({ids.run_id() for _ in range(50)}) > 40
    for bad in ("", "r1", "../../../etc/x", "R" + made[0][1:], made[0] + "x", "r" + "u" * 12):
        assert not ids.is_run_id(bad)
