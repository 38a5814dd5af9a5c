"""Accepting a run's work, and taking it back: one landing each, recorded together with its command."""

from __future__ import annotations

import asyncio

from agentboard_agents.desk import Desk
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.repository import GitFault
from agentboard_agents.repository.landing import Landed, Landing
from agentboard_agents.review.recheck import recheck
from agentboard_agents.review.settlement import Clash, Refused, Settlement
from agentboard_agents.review.site import Conflicting, Proposal, Site
from agentboard_agents.review.verdicts import FAILING, VERDICT
from agentboard_agents.run import RunState

__all__ = ["accept", "tidy", "undo"]


async def accept(desk: Desk, run: Run, onto: str = "") -> Settlement:
    """Merge a run's branch; a merge that a dead worker began is ended, not made again.

    Raises:
        Refused: with the reason; nothing was changed.
        GitFault: when git fails; nothing was changed.
    """
    if run.state is RunState.ACCEPTED:
        return Settlement(True, "accepted")
    if run.state is not RunState.REVIEW:
        raise Refused(f"run {run.id} is {run.state}: only a run in review can be accepted")
    _see_no_rejection(desk, run)
    site = await asyncio.to_thread(Site, desk.project)
    landed = await asyncio.to_thread(site.landings.recover, run.id)
    if landed is not None:
        return _accepted(run, landed.landing.branch, landed)
    try:
        proposal = await asyncio.to_thread(site.propose, run, onto)
    except Conflicting as conflict:
        return _conflict(run, conflict)
    if proposal.landing is None:
        return _accepted(run, proposal.onto, None)
    await _checked(desk, run, site, proposal)
    return _accepted(run, proposal.onto, await asyncio.to_thread(site.landings.land, proposal.landing))


async def undo(desk: Desk, run: Run) -> Settlement:
    """Take an accepted run's merge back when nothing came after it; the run is in review again.

    Raises:
        Refused: with how to take it back by hand.
        GitFault: when git fails; nothing was changed.
    """
    if run.state is not RunState.ACCEPTED:
        raise Refused(f"run {run.id} is {run.state}: only an accepted run can be taken back")
    landed = run.landed
    if landed is None:
        return _undone(run, "nothing had to be merged")
    site = await asyncio.to_thread(Site, desk.project)
    await asyncio.to_thread(_recovered, site, run.id, landed.after)
    tip = await asyncio.to_thread(site.repository.tip, landed.branch)
    if tip != landed.before:
        await asyncio.to_thread(_see_nothing_came_after, site, run, tip)
        back = Landing(run.id, landed.branch, landed.after, landed.before, landed.branch)
        await asyncio.to_thread(site.landings.land, back)
    return _undone(run, f"{landed.branch} is back at {landed.before[:9]}")


def tidy(desk: Desk, run: Run) -> None:
    """Drop the intent of what is recorded now; remove the work tree of an accepted run, its work archived."""
    site = Site(desk.project)
    site.landings.forget(run.id)
    if run.state is not RunState.ACCEPTED:
        return
    try:
        kept = site.keep_and_remove(run)
    except (GitFault, OSError) as fault:
        _tell(desk, run, f"the work tree {run.worktree} was not removed: {fault}")
        return
    desk.store.append([NewEvent(run.id, run.agent, "worktree_removed", {"kept": kept})])
    if kept is not None:
        _tell(desk, run, f"what was not merged of the work tree is kept: git show {kept}", "info")


def _see_no_rejection(desk: Desk, run: Run) -> None:
    """Refuse what a reviewer rejected, until a person has decided about that."""
    for item in desk.store.inbox():
        if item.run == run.id and item.about == VERDICT:
            choices = ", ".join(item.options)
            raise Refused(f"{item.text.partition(chr(10))[0]}: answer {item.id} first ({choices})")


async def _checked(desk: Desk, run: Run, site: Site, proposal: Proposal) -> None:
    """Run the gates on the result of a merge that nobody has seen yet."""
    landing = proposal.landing
    if landing is None or not proposal.merged:
        return
    failures = await recheck(desk.project, run, site.repository, landing.new, landing.old)
    if failures:
        raise Refused(
            f"{landing.branch} has moved on, and with it the checks would break: {failures} "
            f"(agentboard reject {run.id} --reason … sends it back)"
        )


def _accepted(run: Run, onto: str, landed: Landed | None) -> Settlement:
    undo_with = f"undo: agentboard accept {run.id} --undo"
    if landed is None:
        reply = f"accepted: {onto} has all of {run.branch} already"
        return Settlement(True, reply, (_event(run, "run_accepted", text=reply),))
    landing = landed.landing
    said = f"merged into {onto} at {landing.new[:9]}"
    if not landed.files:
        said += "; your work tree is on another branch and stays as it is"
    if landed.kept:
        said += f"; changed by you meanwhile and left so: {', '.join(landed.kept)}"
    said += f"; accepted although {', '.join(doubts)}" if (doubts := doubts_of(run)) else ""
    data = {"branch": onto, "before": landing.old, "after": landing.new, "text": said}
    return Settlement(True, f"{said}; {undo_with}", (_event(run, "run_accepted", **data),))


def doubts_of(run: Run) -> list[str]:
    """Return what speaks against a run that a person accepts all the same."""
    failing = [gate.name for gate in run.gates if gate.state in FAILING]
    false = sum(not claim.holds for claim in run.claims)
    unsure = sum(one.state == "open" for one in run.assumptions)
    found = [f"{' and '.join(failing)} {'does' if len(failing) == 1 else 'do'} not pass"] if failing else []
    found += [f"{false} claim{'s do' if false > 1 else ' does'} not hold"] if false else []
    return found + (
        [f"{unsure} assumption{'s are' if unsure > 1 else ' is'} not confirmed"] if unsure else []
    )


def _conflict(run: Run, conflict: Conflicting) -> Settlement:
    """Refuse a merge, and let the inbox show both sides until the run is decided upon."""
    text = f"{run.branch}: {conflict}\n{conflict.detail}"
    found = _event(run, "conflict_found", item=f"{run.id}-merge", text=text, files=list(conflict.paths))
    how = f"agentboard accept {run.id} --send-back lets the agent resolve it"
    clash = Clash(f"Your work does not fit as it is: {conflict}\n{conflict.detail}", conflict.commit)
    return Settlement(False, f"not merged: {conflict}; {how}", (found,), clash)


def _undone(run: Run, said: str) -> Settlement:
    item = f"{run.id}-review-ready"
    text = f"{run.branch} is in review again: {said}"
    return Settlement(True, f"taken back: {said}", (_event(run, "accept_undone", item=item, text=text),))


def _recovered(site: Site, name: str, accepted: str) -> None:
    """End what a dead worker began to take back; the landing that was accepted is over since long."""
    begun = site.landings.known(name)
    if begun is not None and begun.new == accepted:
        site.landings.forget(name)
    else:
        site.landings.recover(name)


def _see_nothing_came_after(site: Site, run: Run, tip: str | None) -> None:
    landed = run.landed
    if landed is None or tip == landed.after:
        return
    count = site.after(landed.branch, landed.after)
    if count is None:
        raise Refused(f"{landed.branch} no longer has the merge of {run.id}: there is nothing to take back")
    merge = site.is_merge(landed.after)
    words = f"-m 1 {landed.after[:12]}" if merge else f"{landed.before[:12]}..{landed.after[:12]}"
    came = "1 commit" if count == 1 else f"{count} commits"
    raise Refused(
        f"{came} came after it on {landed.branch}: take it back with a commit, `git revert {words}`"
    )


def _event(run: Run, kind: str, **data: object) -> NewEvent:
    return NewEvent(run.id, run.agent, kind, data)


def _tell(desk: Desk, run: Run, message: str, severity: str = "warning") -> None:
    data = {"severity": severity, "message": message}
    desk.store.append([NewEvent(run.id, run.agent, "problem_found", data)])
