"""What the code defines: symbols, searched by people and put into briefs. None of it is run."""

from agentboard_agents.symbols.index import Index, index_checkout, index_commit
from agentboard_agents.symbols.query import search
from agentboard_agents.symbols.relating import Related, related, told
from agentboard_agents.symbols.symbol import Symbol

__all__ = ["Index", "Related", "Symbol", "index_checkout", "index_commit", "related", "search", "told"]
