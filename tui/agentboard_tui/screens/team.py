"""Screen 6: who leads whom, who consults whom now, messages with receipts, what is wrong with definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentboard_agents.board import BoardState
from agentboard_agents.board_panes import Pane
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.team import Team
from agentboard_tui.cards import PROBLEM_STYLES, message_lines
from agentboard_tui.colleagues import consultation_lines, deferred_lines, memory_lines
from agentboard_tui.figures import plural
from agentboard_tui.screens.split import SplitScreen
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.lines import Title
from agentboard_tui.widgets.pane_paint import Brush, state_spans
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.sheet import heading
from agentboard_tui.widgets.spans import Span, say, spread

__all__ = ["Member", "TeamScreen", "members"]


class Member(Struct, frozen=True):
    """An agent in the tree, with its pane."""

    name: str
    stem: str
    depth: int
    role: str
    problems: int
    pane: Pane | None = None


def members(team: Team, board: BoardState) -> Iterator[Member]:
    """Return the agents as a tree, each lead before those whom it leads; a circle ends where it began."""
    below: dict[str | None, list[AgentDefinition]] = {}
    for agent in team.agents:
        lead = team.lead_of(agent)
        below.setdefault(lead.stem if lead and lead.stem != agent.stem else None, []).append(agent)
    seen: set[str] = set()

    def walk(lead: str | None, depth: int) -> Iterator[Member]:
        for agent in sorted(below.get(lead, []), key=_tier):
            if agent.stem not in seen:
                seen.add(agent.stem)
                yield _member(agent, depth, board)
                yield from walk(agent.stem, depth + 1)

    yield from walk(None, 0)
    for agent in team.agents:
        if agent.stem not in seen:
            seen.add(agent.stem)
            yield _member(agent, 0, board)
            yield from walk(agent.stem, 1)


def _tier(agent: AgentDefinition) -> int:
    return agent.tier if agent.tier is not None else 99


def _member(agent: AgentDefinition, depth: int, board: BoardState) -> Member:
    tier = f"tier {agent.tier}" if agent.tier is not None else agent.role or agent.protocol
    return Member(agent.name, agent.stem, min(depth, 8), tier, len(agent.problems), board.pane(agent.stem))


class TeamTree(RowList[Member]):
    """Agents, those who are led below their lead."""

    brush: Brush

    def identity(self, row: Member) -> object:
        """An agent is the same by its stem."""
        return row.stem

    def draw(self, row: Member, width: int) -> list[Span]:
        """Return name, role and state."""
        state = state_spans(row.pane, self.brush)[:2] if row.pane else []
        flag = [say(" "), Span(self.glyphs.mark("problem"), "p-ask")] if row.problems else []
        left = [say(f" {'  ' * row.depth}{row.name}", "p-name"), say(f"  {row.role}", "p-dim"), *flag]
        return spread(left, [*state, say(" ")], width)


class TeamScreen(SplitScreen):
    """The people, so to say."""

    NAME = "team"
    VIEWS = (("rows", "Team"), ("detail", "Agent"))

    def make_list(self) -> TeamTree:
        """Return the tree."""
        tree = TeamTree(glyphs=self.station.glyphs, id="rows")
        tree.brush = Brush(self.station.glyphs, 0.0)
        return tree

    def show(self, board: BoardState) -> None:
        """Show the team of a board."""
        tree = self.query_one(TeamTree)
        tree.brush = Brush(self.station.glyphs, board.now)
        tree.show_rows(list(members(self.station.bridge.team, board)), ("", "  No agents here yet."))
        number = len(self.station.bridge.team.agents)
        self.query_one("#title", Title).show([say(" TEAM", "p-heading"), say(f"  {number}", "p-dim")])
        self.show_detail()

    def detail(self) -> Iterable[list[Span]]:
        """Return the agent under the cursor, with its consultations, memory and messages."""
        member = self.query_one(TeamTree).current
        team = self.station.bridge.team
        agent = team.find(member.stem) if member else None
        if agent is None:
            return
        lead = team.lead_of(agent)
        yield [say(agent.name, "p-name"), say(f"  {agent.file}", "p-dim")]
        yield [say(agent.description)]
        peers = [peer.name for peer in team.peers_of(agent)]
        facts = [("lead", lead.name if lead else agent.lead or ""), ("peers", ", ".join(peers))]
        facts += [("way of working", agent.protocol), ("memory", agent.memory_directory or "")]
        yield from ([say(f"{name:<15} ", "p-dim"), say(value)] for name, value in facts if value)
        yield from self._problems(agent)
        board = self.station.board
        for lines in (consultation_lines, deferred_lines, memory_lines):
            yield from lines(agent, board)
        yield from heading("MESSAGES")
        messages = self.station.bridge.messages(agent.name, agent.stem)
        self.station.take_as_read(messages)
        yield from message_lines(messages, "None yet. m writes one.")

    def _problems(self, agent: AgentDefinition) -> Iterator[list[Span]]:
        if agent.problems:
            yield from heading("DEFINITION", plural(len(agent.problems), "problem"))
        for problem in agent.problems:
            style = PROBLEM_STYLES.get(problem.severity, "p-dim")
            yield [say(f"line {problem.line}: ", "p-dim"), say(problem.message, style)]

    def situation(self) -> Situation:
        """The keys act on the agent under the cursor."""
        member = self.query_one(TeamTree).current
        found = super().situation()
        if member is None:
            return found
        agent = self.station.bridge.team.find(member.stem)
        pane = self.station.board.pane(member.stem)
        return replace(found, pane=pane, file=agent.file if agent else None, copyable=True)
