"""The formats that teams of agents keep their work in, one module each: parse, and patch without disturbing the rest."""
