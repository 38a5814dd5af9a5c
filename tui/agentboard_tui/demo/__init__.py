"""The demo: a small real project with one agent for each way of working, on the scripted model."""
