"""Budgets: a call that does not fit is not made, whatever crashes, and whoever else is spending."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import msgspec
import pytest

from agentboard_agents.admission import Admission
from agentboard_agents.budget import NANO, Amount, Budgets, Cap, Scope, Short, raise_of, scopes_of, worst_case
from agentboard_agents.budget_ledger import BudgetLedger
from agentboard_agents.prices import Price, price_of
from agentboard_agents.project import Project
from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes.port import Turn, TurnFailed, TurnRequest
from tests.support.workplace import ScriptedRuntime

CENT = NANO // 100
KINDS = ("rate_limit", "overloaded", "timeout", "incomplete", "connection")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(str(tmp_path), str(tmp_path / "state"))


def fleet(usd: float | None = None, tokens: int | None = None) -> tuple[Scope, ...]:
    return (Scope("fleet", "all runs", Cap(usd, tokens)),)


def request(model: str = "claude-sonnet-4-5", text: str = "hello", max_tokens: int = 1_000) -> TurnRequest:
    return TurnRequest("", [{"role": "user", "content": text}], [], model, max_tokens, "r1")


def gate(ledger: BudgetLedger, scopes: tuple[Scope, ...], warnings: list[str] | None = None) -> Admission:
    told = warnings if warnings is not None else []
    return Admission(ledger, None, lambda: scopes, {}, warn=told.append)


def short_of(ledger: BudgetLedger, name: str, usd: float, cents: int) -> Short:
    short = ledger.reserve(name, fleet(usd), Amount(cents * CENT))
    assert short is not None
    return short


def test_what_fits_is_set_aside_and_what_does_not_is_not(project: Project) -> None:
    ledger = BudgetLedger(project)
    assert ledger.reserve("a", fleet(1.0), Amount(60 * CENT)) is None
    short = short_of(ledger, "b", 1.0, 60)
    assert short.busy, "it would fit once the first call is settled"
    ledger.settle("a", Amount(50 * CENT))
    assert not short_of(ledger, "b", 1.0, 60).busy
    assert ledger.reserve("b", fleet(1.0), Amount(50 * CENT)) is None


def test_a_short_says_what_it_would_take_and_a_raise_counts_once(project: Project) -> None:
    ledger = BudgetLedger(project)
    short = short_of(ledger, "a", 0.5, 60)
    assert short.price == "$0.10"
    for _ in range(2):
        ledger.raise_cap("r1-b1", "fleet", short.unit, short.missing)
    assert ledger.reserve("a", fleet(0.5), Amount(60 * CENT)) is None
    ledger.settle("a", Amount(60 * CENT))
    assert ledger.reserve("b", fleet(0.5), Amount(1)) is not None


def test_what_a_dead_worker_reserved_is_spent(project: Project) -> None:
    BudgetLedger(project).reserve("a", fleet(1.0), Amount(60 * CENT))
    after = BudgetLedger(project)
    assert not short_of(after, "a", 1.0, 60).busy
    assert after.spent("fleet") == Amount(0) or after.reserve("x", fleet(1.0), Amount(41 * CENT)) is not None
    assert after.reserve("y", fleet(1.0), Amount(40 * CENT)) is None


def test_a_childs_spend_is_its_parents_too(project: Project) -> None:
    ledger = BudgetLedger(project)
    parent = [("r0", Cap(1.0))]
    scopes = scopes_of(Budgets(), day="d", run="r1", ancestors=parent, agent="Ann", task="t1")
    assert ledger.reserve("a", scopes, Amount(90 * CENT)) is None
    ledger.settle("a", Amount(90 * CENT))
    assert ledger.spent("run:r0") == ledger.spent("run:r1") == ledger.spent("task:t1") == Amount(90 * CENT)
    refused = ledger.reserve("b", scopes, Amount(20 * CENT))
    assert refused is not None
    assert "r0" in refused.words


@pytest.mark.parametrize(
    ("answer", "given"),
    [
        ("5", 5 * NANO),
        ("$2.50", 250 * CENT),
        ("+ 0.5 usd", 50 * CENT),
        ("1k", 1000 * NANO),
        ("approve", 10 * CENT),
        ("yes please", None),
        ("-3", None),
        ("0", None),
        ("500 tokens", None),
        ("nan", None),
        ("1e9", None),
    ],
)
def test_an_answer_is_an_amount_or_is_asked_again(answer: str, given: int | None) -> None:
    short = Short("fleet", "all runs", "nano", 100 * CENT, 90 * CENT, 20 * CENT)
    assert raise_of(answer, short) == given


def test_an_answer_in_tokens() -> None:
    short = Short("fleet", "all runs", "tokens", 1_000, 900, 300)
    assert (raise_of("50k tokens", short), raise_of("2,000", short), raise_of("5 usd", short)) == (
        50_000,
        2_000,
        None,
    )


def test_the_worst_case_is_never_less_than_what_any_call_can_cost() -> None:
    rng = random.Random(7)
    price = price_of("claude-sonnet-4-5")
    assert price is not None
    for _ in range(500):
        parts = [rng.randrange(50_000) for _ in range(3)]
        tokens = Tokens(parts[0], rng.randrange(16_384), parts[1], parts[2])
        most = worst_case(price, sum(parts), 16_384)
        spent = tokens.input * price.input + tokens.output * price.output
        spent += tokens.cache_read * price.cache_read + tokens.cache_write * price.cache_write
        assert (most.nano or 0) >= spent * 1_000


async def test_an_unknown_model_is_held_by_tokens_only_and_said_so(project: Project) -> None:
    warnings: list[str] = []
    ledger = BudgetLedger(project)
    admission = gate(ledger, fleet(0.000001), warnings)
    for number in range(2):
        assert await admission.admit(request("nobody-knows"), ScriptedRuntime(), f"c{number}") is None
    assert len(warnings) == 1
    barred = await gate(ledger, fleet(tokens=500)).admit(request("nobody-knows"), ScriptedRuntime(), "x")
    assert barred is not None
    assert barred.kind == "budget"


async def test_the_users_own_price_counts_first(project: Project) -> None:
    dear = {"nobody": Price(1000, 1000, 100, 1250)}
    admission = Admission(BudgetLedger(project), None, lambda: fleet(0.5), dear)
    barred = await admission.admit(request("nobody-knows"), ScriptedRuntime(), "c")
    assert barred is not None


class Counting(ScriptedRuntime):
    """A runtime that knows how many tokens a request takes."""

    tokens = 100

    async def count_tokens(self, request: TurnRequest) -> int:
        return self.tokens


async def test_tokens_are_counted_when_the_bytes_do_not_fit(project: Project) -> None:
    asked = request(text="x" * 30_000)
    usd = 0.02  # 30,000 bytes at $3.75 per million and 1,000 tokens at $15: $0.13
    assert await gate(BudgetLedger(project), fleet(usd)).admit(asked, ScriptedRuntime(), "a") is not None
    assert await gate(BudgetLedger(project), fleet(usd)).admit(asked, Counting(), "b") is None


async def test_a_reply_gets_the_room_that_the_budget_leaves_it(project: Project) -> None:
    asked = request(max_tokens=16_384)
    admission = gate(BudgetLedger(project), fleet(0.05))
    assert await admission.admit(asked, Counting(), "a") is None
    room = admission.fitted(asked).max_tokens
    assert 2_048 <= room < 16_384
    assert (worst_case(price_of(asked.model), 202, room).nano or 0) <= 5 * CENT
    assert (worst_case(price_of(asked.model), 202, room + 2).nano or 0) > 5 * CENT
    await admission.done("a", Turn([], "end_turn", Tokens(100, 1_500), asked.model))
    barred = await admission.admit(asked, Counting(), "b")
    assert barred is not None
    assert barred.short is not None
    assert barred.short.needed > 24 * CENT, "what is asked for is room for a whole reply"


async def test_a_budget_in_tokens_leaves_room_too_and_plenty_changes_nothing(project: Project) -> None:
    asked = request(max_tokens=16_384)
    admission = gate(BudgetLedger(project), fleet(tokens=5_000))
    assert await admission.admit(asked, Counting(), "a") is None
    assert admission.fitted(asked).max_tokens == 5_000 - 202
    plenty = gate(BudgetLedger(project), ())
    assert await plenty.admit(asked, Counting(), "b") is None
    assert plenty.fitted(asked) == asked


async def simulated(project: Project, rng: random.Random) -> int:
    """Some runs with children, faults and dying workers: what was really used stays below the cap."""
    cap = rng.uniform(0.05, 3.0)
    price = price_of("claude-sonnet-4-5")
    assert price is not None
    billed = made = 0
    ledger = BudgetLedger(project)
    for number in range(rng.randrange(10, 40)):
        if rng.random() < 0.1:
            ledger.close()
            ledger = BudgetLedger(project)
        run = rng.choice(["r1", "r2", "r3"])
        above = [("r0", Cap(cap))] if run != "r1" else []
        scopes = scopes_of(Budgets(fleet=Cap(cap)), day="d", run=run, ancestors=above, agent=run, task=None)
        admission = gate(ledger, scopes)
        asked = request(text="x" * rng.randrange(1, 40_000), max_tokens=rng.randrange(1, 20_000))
        runtime = rng.choice([Counting(), ScriptedRuntime()])
        used = Tokens(rng.randrange(len(asked.messages[0]["content"])), rng.randrange(asked.max_tokens + 1))
        Counting.tokens = used.input
        if await admission.admit(asked, runtime, f"{run}:{number}") is not None:
            continue
        used = msgspec.structs.replace(used, output=min(used.output, admission.fitted(asked).max_tokens))
        made += 1
        cost = used.input * price.cache_write + used.output * price.output
        fate = rng.random()
        if fate < 0.6:
            billed += int(cost * 1_000)
            written = Tokens(0, used.output, 0, used.input)
            await admission.done(f"{run}:{number}", Turn([], "end_turn", written, asked.model))
        elif fate < 0.8:
            kind = rng.choice(KINDS)
            billed += 0 if kind in {"rate_limit", "overloaded"} else int(cost * 1_000)
            await admission.failed(f"{run}:{number}", TurnFailed(kind, "", retryable=True))
        else:
            billed += int(cost * 1_000)  # the worker dies here, and the call may have been made
            ledger.close()
            ledger = BudgetLedger(project)
        assert billed <= cap * NANO
    ledger.close()
    return made


def simulate(directory: Path, count: int, seed: int) -> None:
    made = 0
    for number in range(count):
        place = directory / str(number)
        project = Project(str(place), str(place / "state"))
        made += asyncio.run(simulated(project, random.Random(f"{seed}-{number}")))
    assert made > 3 * count, "calls that fit are made"


def test_no_run_ever_spends_more_than_the_cap(tmp_path: Path) -> None:
    simulate(tmp_path, 50, seed=11)


@pytest.mark.soak
def test_five_hundred_times_no_run_spends_more_than_the_cap(tmp_path: Path) -> None:
    simulate(tmp_path, 500, seed=12)


async def test_fifty_at_once_never_reserve_more_than_the_cap(project: Project) -> None:
    ledger = BudgetLedger(project)
    one = worst_case(price_of("claude-sonnet-4-5"), 1_300, 1_000).nano or 0
    scopes = fleet(one * 10 / NANO)
    asked = [gate(ledger, scopes).admit(request(), ScriptedRuntime(), f"c{number}") for number in range(50)]
    barred = await asyncio.gather(*asked)
    through = [one for one in barred if one is None]
    assert 5 <= len(through) <= 11
    assert all(one is None or one.kind == "wait" for one in barred), "the rest waits for calls in flight"
