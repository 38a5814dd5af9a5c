"""Who produces the turns of a run."""
