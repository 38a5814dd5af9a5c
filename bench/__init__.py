"""Benchmarks: one file a demand, each against a reference that is measured in the same run."""
