"""Which consultations that were left wait for an agent: offered when it runs. Pure."""

from __future__ import annotations

from agentboard_agents.brief_text import joined
from agentboard_agents.protocols.preparation import Ground
from agentboard_tasks.model import Consultation

__all__ = ["section", "waiting_for"]

MOST_OFFERED = 20
WAITING = """\
# Consultations that wait for you

Colleagues left these questions for later. Answer those that you can with AnswerConsultation, which takes the
`file` that stands before each; if you lead the one who was asked and do not know, consult them."""


def waiting_for(ground: Ground) -> list[Consultation]:
    """Return the open consultations that an agent can answer: it was asked, or leads one of the two."""
    own = ground.definition
    names = {own.name, own.stem}

    def is_own(asked: Consultation) -> bool:
        people = [ground.team.find(asked.addressee), ground.team.find(asked.asker)]
        leads = {
            lead.stem for one in people if one is not None and (lead := ground.team.lead_of(one)) is not None
        }
        meant = people[0].stem if people[0] is not None else asked.addressee
        return bool({meant, asked.addressee, asked.lead} & names) or own.stem in leads

    asked = [one for one in ground.workspace.consultations if not one.answer and is_own(one)]
    return [one for one in asked if one.asker not in names or one.lead in names][:MOST_OFFERED]


def section(waiting: list[Consultation]) -> str:
    """Return what the brief says of them; empty when none waits."""
    told = [
        f"{one.file} — {one.asker} asks {one.addressee} ({one.asked or 'no date'}):\n{one.question}"
        for one in waiting
    ]
    return joined([WAITING, *told]) if told else ""
