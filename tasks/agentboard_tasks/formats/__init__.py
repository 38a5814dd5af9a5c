"""The formats that teams keep their work in, one module each: parse, and patch nothing else."""
