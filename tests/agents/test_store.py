"""The event store: order, once, all or none, receipts, refusals, several processes at once."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentboard_agents.commands import Command
from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.run import IllegalTransition, RunState
from agentboard_agents.schema import connect
from agentboard_agents.store import Store, StoreFault, StoreMissing
from tests.agents.engine_parts import PYTHONPATH, event, project_in, queued, run_of


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_in(tmp_path)


@pytest.fixture
def store(project: Project) -> Iterator[Store]:
    opened = Store.open(project)
    yield opened
    opened.close()


def test_events_come_back_in_order_by_run_agent_and_tail(store: Store) -> None:
    store.append([queued("r1"), queued("r2", agent="Other", stem="other")])
    store.append([event("text", text=str(number)) for number in range(5)])
    assert [found.kind for found in store.events(run="r2")] == ["run_queued"]
    assert [found.data["text"] for found in store.tail("r1", 2)] == ["3", "4"]
    assert [found.run for found in store.events(agent="Other")] == ["r2"]
    everything = store.events()
    assert [found.seq for found in everything] == list(range(1, 8))
    assert store.events(after=3, limit=2) == everything[3:5]
    assert store.last_seq() == 7


def test_a_run_follows_its_events_and_the_newest_comes_first(store: Store) -> None:
    store.append([queued("r1"), queued("r2")])
    store.append([event("run_started", branch="ab/backend/t1", worktree="/w", base="c0ffee")])
    assert [run.id for run in store.runs()] == ["r2", "r1"]
    run = run_of(store)
    assert (run.state, run.branch, run.base) == (RunState.STARTING, "ab/backend/t1", "c0ffee")


def test_an_illegal_event_records_nothing_of_its_batch(store: Store) -> None:
    store.append([queued()])
    with pytest.raises(IllegalTransition):
        store.append([event("run_started"), event("run_accepted")])
    assert store.last_seq() == 1
    assert run_of(store).state is RunState.QUEUED
    with pytest.raises(IllegalTransition, match="no run r9"):
        store.append([event("run_started", run="r9")])


def test_an_event_under_a_key_happens_once(store: Store) -> None:
    store.append([queued()])
    first = store.append([event("run_started", key="start", branch="a")])
    again = store.append([event("run_started", key="start", branch="b")])
    assert again == first
    assert store.once("r1", "start") == first[0]
    assert len(store.events(run="r1")) == 2


def test_items_open_close_and_keep_their_answer(store: Store) -> None:
    store.append([queued(), event("run_started")])
    store.append([event("question_asked", item="r1-q1", text="Which?", options=["a", "b"], unblocks=["t2"])])
    (item,) = store.inbox()
    assert (item.kind, item.text, item.options, item.unblocks) == ("question", "Which?", ("a", "b"), ("t2",))
    store.append([event("answered", item="r1-q1", text="a")])
    assert store.inbox() == []
    closed = store.item("r1-q1")
    assert closed is not None
    assert closed.answer == "a"
    assert closed.closed is not None
    assert run_of(store).state is RunState.WORKING


def test_the_end_of_a_run_closes_what_it_asked(store: Store) -> None:
    store.append([queued(), event("run_started"), event("question_asked", item="q", text="?")])
    store.append([event("run_cancelled", reason="enough")])
    assert store.inbox() == []
    assert [item.answer for item in store.inbox(open_only=False)] == [None]


def test_a_rejected_review_closes_the_review_alone(store: Store) -> None:
    store.append(
        [queued(), event("run_started"), event("item_raised", item="p", item_kind="problem", text="x")]
    )
    store.append([event("review_ready")])
    assert {item.kind for item in store.inbox()} == {"problem", "review"}
    store.append([event("run_rejected", reason="no tests")])
    assert {item.kind for item in store.inbox()} == {"problem"}


def test_a_receipt_never_goes_back(store: Store) -> None:
    store.append([queued(), event("message_queued", message="m1", text="hi", sender="lead")])
    store.append([event("message_delivered", message="m1")])
    store.append(
        [event("message_acted", message="m1"), event("message_delivered", message="m1", key="again")]
    )
    (message,) = store.messages()
    assert (message.state, message.sender, message.delivered_to) == ("acted", "lead", "r1")


def test_a_command_is_written_once_and_settled_once(store: Store) -> None:
    written = store.submit(Command("", "c1", "pause", "r1"), [queued()])
    again = store.submit(Command("", "c1", "pause", "r1"), [queued()])
    assert written == again
    assert len(store.events()) == 1
    assert [command.id for command in store.pending()] == [written.id]
    assert store.settle(written.id, True, "paused")
    assert not store.settle(written.id, False, "too late")
    settled = store.command(written.id)
    assert settled is not None
    assert (settled.state, settled.reply, store.pending()) == ("done", "paused", [])


def test_a_command_whose_event_cannot_happen_is_not_written(store: Store) -> None:
    with pytest.raises(IllegalTransition):
        store.submit(Command("", "c1", "dispatch", "r1"), [queued(), queued()])
    assert store.pending() == []
    assert store.runs() == []


def test_the_version_moves_when_another_connection_writes(project: Project, store: Store) -> None:
    before = store.data_version()
    assert store.data_version() == before
    other = Store.open(project)
    other.append([queued()])
    other.close()
    assert store.data_version() != before


def test_everything_is_private_to_its_owner(project: Project, store: Store) -> None:
    store.append([queued()])
    assert stat.S_IMODE(os.stat(project.state).st_mode) == 0o700
    for name in os.listdir(project.state):
        assert stat.S_IMODE(os.stat(os.path.join(project.state, name)).st_mode) == 0o600, name


def test_reading_what_was_never_written_says_so(project: Project) -> None:
    with pytest.raises(StoreMissing, match="no history yet"):
        Store.open(project, create=False)
    assert not os.path.exists(project.state)


@pytest.mark.parametrize("content", [b"not a database " * 400, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_store_is_moved_aside_and_never_deleted(project: Project, content: bytes) -> None:
    path = Path(project.make_state()) / "store.db"
    path.write_bytes(content)
    with pytest.raises(StoreFault) as fault:
        Store.open(project)
    assert "\n" not in str(fault.value)
    kept = [name for name in os.listdir(project.state) if ".damaged-" in name]
    assert [(path.parent / name).read_bytes() for name in kept] == [content]
    Store.open(project).close()


def test_another_programs_database_is_moved_aside_whole(project: Project) -> None:
    path = os.path.join(project.make_state(), "store.db")
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    with pytest.raises(StoreFault, match="another program"):
        Store.open(project)
    (kept,) = [
        name
        for name in os.listdir(project.state)
        if name.startswith("store.db.damaged-") and name[-1].isdigit()
    ]
    again = sqlite3.connect(os.path.join(project.state, kept))
    assert again.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    again.close()


def test_a_newer_store_is_refused_and_left_where_it_is(project: Project, store: Store) -> None:
    store.append([queued()])
    other = sqlite3.connect(store.path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StoreFault, match="format 99"):
        Store.open(project)
    assert os.path.exists(store.path)


def test_a_full_disk_is_a_fault_and_loses_nothing_written(project: Project) -> None:
    path = os.path.join(project.make_state(), "store.db")
    connection = connect(path)
    store = Store(connection, path)
    store.append([queued()])
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreFault, match="full"):
        store.append([event("text", text="x" * 5_000_000)])
    connection.execute("PRAGMA max_page_count = 1000000")
    assert [found.kind for found in store.events()] == ["run_queued"]
    store.append([event("text", text="again")])
    store.close()


def test_threads_share_one_store(store: Store) -> None:
    store.append([queued()])

    def write(name: int) -> None:
        for number in range(50):
            store.append([event("text", text=f"{name}-{number}")])

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.events(run="r1")) == 201


WRITER = """
import sys
from agentboard_agents.project import Project
from agentboard_agents.schema import connect
from agentboard_agents.store import Store
from agentboard_agents.commands import Command
store = Store.open(Project(sys.argv[1], sys.argv[2]))
for number in range(100):
    store.submit(Command("", f"{sys.argv[3]}-{number}", "pause", "r1"))
    store.submit(Command("", f"shared-{number}", "pause", "r1"))
"""


def test_two_processes_write_commands_at_once_and_none_is_lost_or_doubled(
    project: Project, store: Store
) -> None:
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, project.root, project.state, name], env=environment)
        for name in ("a", "b")
    ]
    assert [writer.wait(30) for writer in writers] == [0, 0]
    names = [command.client_id for command in store.pending()]
    assert len(names) == len(set(names)) == 300
    assert [name for name in names if name.startswith("a-")] == [f"a-{number}" for number in range(100)]


def test_the_store_is_light_to_import() -> None:
    program = (
        "import sys, agentboard_agents.store, agentboard_agents.client;"
        "heavy = {'dbos','anthropic','git','sqlalchemy','asyncio','yaml','textual'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0


def test_the_last_events_of_a_run_are_found_by_index(store: Store) -> None:
    query = "EXPLAIN QUERY PLAN SELECT seq, data FROM events WHERE run = ? ORDER BY seq DESC LIMIT 200"
    connection = sqlite3.connect(store.path)
    plan = connection.execute(query, ("r1",)).fetchall()
    connection.close()
    assert "events_of_run" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


def test_project_events_belong_to_no_run(store: Store) -> None:
    store.append([NewEvent("", "Backend Engineer", "item_raised", {"item": "p1", "text": "bad file"})])
    assert [item.run for item in store.inbox()] == [""]
    assert store.runs() == []
