"""Who works and how: definitions, runs, protocols, tools, sandbox, store, engine."""
