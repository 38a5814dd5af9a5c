"""The five ways of working, one module each."""
