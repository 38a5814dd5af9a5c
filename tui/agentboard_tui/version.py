"""The version of agentboard, where neither start-up nor the build has to search for it."""

__all__ = ["VERSION"]

VERSION = "0.1.0"
