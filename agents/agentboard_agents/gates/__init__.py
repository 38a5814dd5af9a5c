"""Quality gates: detected from files, run in the sandbox, judged against the base commit."""

from agentboard_agents.gates.check import check
from agentboard_agents.gates.detect import detect
from agentboard_agents.gates.gate import Gate, GateResult, Progress, Reading, blocking
from agentboard_agents.gates.packages import concerned
from agentboard_agents.gates.running import TIMEOUT

__all__ = ["TIMEOUT", "Gate", "GateResult", "Progress", "Reading", "blocking", "check", "concerned", "detect"]
