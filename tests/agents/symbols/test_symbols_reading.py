"""Symbols of single files: Python, Go, TypeScript and JavaScript, with universal-ctags and without."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from agentboard_agents.symbols.ctags import Ctags, program
from agentboard_agents.symbols.reading import LARGEST, read_symbols

PYTHON = b'''"""Carts."""
RATE = 0.2

class Cart(Base):
    items: list[int] = []

    def total(self, tax: float = RATE) -> float:
        def once(): ...
        return 0.0

async def load(name, *, again=False): ...
'''
BROKEN = (
    b"class Cart(Base):\n    def total(self):\n        print 'not this python'\n\ndef load(name):\n  pass\n"
)
GO = b"""package cart

const (
\tRate = 2
)

type Cart struct { Items []int }

type Store interface {
\tLoad(name string) (*Cart, error)
}

func (c *Cart) Total(tax int) int {
\treturn 0 // func Hidden() {}
}

func New[T any](
\titems []T,
) *Cart {
\treturn nil
}
"""
TYPESCRIPT = b"""export interface Item { price: number; label(short: boolean): string }
export class Cart extends Base {
  private items: Item[] = [];
  constructor(readonly owner: string) { super() }
  async total(tax: number): Promise<number> { const inner = 1; return inner }
  onAdd = (item: Item) => { this.items.push(item) }
}
export type Rate = { percent: number };
export enum Size { Small, Large }
export const half = (value: number): number => value / 2;
const quoted = `class Hidden { ${half} `;
export function load<T>(name: T): T { return name }
"""
JAVASCRIPT = b"""const pattern = /[{]/;
export default class Cart {
  total(tax) { if (tax) { return 1 } }
}
function load(name) { function inner() {} }
// class Hidden {}
"""


@pytest.fixture(params=["ctags", "own"])
def ctags(request: pytest.FixtureRequest) -> Iterator[Ctags | None]:
    path = program()
    if request.param == "own":
        yield None
    elif path is None:
        pytest.skip("universal-ctags is not installed here")
    else:
        with Ctags(path) as process:
            yield process


def seen(path: str, data: bytes, ctags: Ctags | None) -> set[tuple[int, str, str, str]]:
    return {(one.line, one.kind, one.qualified, one.signature) for one in read_symbols(path, data, ctags)}


def test_python(ctags: Ctags | None) -> None:
    assert seen("cart.py", PYTHON, ctags) == {
        (2, "constant", "RATE", ""),
        (4, "class", "Cart", "(Base)"),
        (5, "field", "Cart.items", ""),
        (7, "method", "Cart.total", "(self, tax: float=RATE) -> float"),
        (8, "function", "Cart.total.once", "()"),
        (11, "function", "load", "(name, *, again=False)"),
    }


def test_python_that_does_not_parse_is_read_by_its_lines(ctags: Ctags | None) -> None:
    assert seen("cart.py", BROKEN, ctags) == {
        (1, "class", "Cart", "(Base)"),
        (2, "method", "Cart.total", "(self)"),
        (5, "function", "load", "(name)"),
    }


def test_go(ctags: Ctags | None) -> None:
    assert seen("cart.go", GO, ctags) == {
        (4, "constant", "Rate", ""),
        (7, "struct", "Cart", ""),
        (9, "interface", "Store", ""),
        (10, "method", "Store.Load", "(name string) (*Cart, error)"),
        (13, "method", "Cart.Total", "(tax int) int"),
        (17, "function", "New", "[T any]( items []T, ) *Cart"),
    }


@pytest.mark.parametrize("end", ["ts", "tsx", "mts"])
def test_typescript(end: str, ctags: Ctags | None) -> None:
    found = seen(f"cart.{end}", TYPESCRIPT, ctags)
    assert found >= {
        (1, "interface", "Item", ""),
        (1, "method", "Item.label", "(short: boolean): string"),
        (2, "class", "Cart", ""),
        (4, "method", "Cart.constructor", "(readonly owner: string)"),
        (5, "method", "Cart.total", "(tax: number): Promise<number>"),
        (6, "method", "Cart.onAdd", "(item: Item)"),
        (8, "type", "Rate", ""),
        (9, "enum", "Size", ""),
        (10, "function", "half", "(value: number): number"),
        (12, "function", "load", "<T>(name: T): T"),
    }
    assert not {name for _, _, name, _ in found} & {"Hidden", "inner"}


def test_javascript(ctags: Ctags | None) -> None:
    found = seen("cart.js", JAVASCRIPT, ctags)
    assert found >= {
        (2, "class", "Cart", ""),
        (3, "method", "Cart.total", "(tax)"),
        (5, "function", "load", "(name)"),
    }
    assert not {name for _, _, name, _ in found} & {"Hidden", "if"}


def test_what_is_no_source_or_too_large_has_no_symbols(ctags: Ctags | None) -> None:
    assert read_symbols("README.md", b"def load(): ...\n", ctags) == ()
    assert read_symbols("cart.py", b"def load(): ...\n\0", ctags) == ()
    assert read_symbols("cart.py", b"def load(): ...\n" + b"#" * LARGEST, ctags) == ()


HOSTILE = {
    "one.js": "a", "two.js": "a(", "three.js": "f(x ", "four.js": '"', "five.js": "`", "six.js": "=/[",
    "seven.js": "=/", "eight.js": "class A<", "nine.js": "{", "ten.js": "/*", "eleven.ts": "a():",
    "twelve.ts": "const a: ", "thirteen.ts": "function f(a:",
    "fourteen.go": "func f(", "fifteen.go": "type A[",
    "sixteen.py": "(", "seventeen.py": "def f(\n", "eighteen.py": "-", "nineteen.py": "class A:\n ",
}  # fmt: skip


def test_no_source_takes_long() -> None:
    for name, unit in HOSTILE.items():
        started = time.process_time()
        read_symbols(name, (unit * (65_536 // len(unit))).encode(), None)
        assert time.process_time() - started < 1, name


def test_source_that_ends_ctags_costs_only_itself() -> None:
    with Ctags("/bin/false") as broken:
        assert [one.name for one in read_symbols("cart.go", b"package a\nfunc Load() {}\n", broken)] == [
            "Load"
        ]
