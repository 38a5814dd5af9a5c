"""The catalog: what the shop sells."""

ITEMS = ("Blue teapot", "Green teacup", "Tea strainer", "Sugar bowl")
