"""Names of workflows: one for each round of a run, since a finished workflow is never started again."""

from __future__ import annotations

from agentboard_agents.projection import Run

__all__ = ["run_of", "workflow_of"]


def workflow_of(run: Run) -> str:
    """Return the name of the workflow of the run's present round."""
    return f"{run.id}.{run.rounds}" if run.rounds else run.id


def run_of(workflow: str) -> str:
    """Return the id of the run that a workflow works on."""
    return workflow.partition(".")[0]
