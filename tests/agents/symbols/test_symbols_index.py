"""The index of a project, of its checkout and its commits, kept between looks; and what a task is about."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from agentboard_agents.project import Project
from agentboard_agents.repository import Repository
from agentboard_agents.symbols import Related, Symbol, index_checkout, index_commit, related, search, told
from agentboard_agents.symbols.ctags import Ctags
from agentboard_agents.symbols.reading import read_symbols
from agentboard_tui.cli.entry import run
from tests.support.projects import make_project

FILES = {
    "shop/cart.py": "class Cart:\n    def apply_discount(self, percent: int) -> None: ...\n",
    "shop/stock.py": "def reserve(item, count): ...\n",
    "shop/mailer.go": "package shop\n\nfunc SendReceipt(to string) error { return nil }\n",
    "web/basket.ts": "export class Basket { render(): string { return '' } }\n",
    "tests/test_cart.py": "def test_apply_discount(): ...\n",
    "docs/discounts.md": "Discounts\n",
    ".gitignore": "built/\n",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_project(tmp_path / "shop", FILES)
    monkeypatch.chdir(made)
    return made


def age(root: Path) -> None:
    for path in root.rglob("*.*"):
        if ".git" not in path.parts:
            os.utime(path, (1_700_000_000, 1_700_000_000))


def names(project: Project, query: str) -> list[str]:
    return [one.qualified for one in search(index_checkout(project).symbols(), query)]


def test_the_checkout_is_indexed_as_it_is_on_disk(root: Path) -> None:
    project = Project.open(str(root))
    (root / "shop" / "new.py").write_text("def refund_all(): ...\n")
    (root / "built").mkdir()
    (root / "built" / "old.py").write_text("def refund_some(): ...\n")
    assert names(project, "refund") == ["refund_all"]
    (root / "shop" / "new.py").write_text("def refund_one(): ...\n")
    assert names(project, "refund") == ["refund_one"]
    (root / "shop" / "new.py").unlink()
    assert names(project, "refund") == []


def test_a_commit_is_indexed_whatever_the_checkout_has(root: Path) -> None:
    (root / "shop" / "cart.py").write_text("")
    index = index_commit(Repository(str(root)), "HEAD")
    assert [one.qualified for one in index.files["shop/cart.py"]] == ["Cart", "Cart.apply_discount"]


def test_what_did_not_change_is_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.open(str(root))
    age(root)
    before = index_checkout(project)
    (root / "shop" / "stock.py").write_text("def release(item): ...\n")
    read: list[str] = []

    def noting(path: str, data: bytes, ctags: Ctags | None) -> tuple[Symbol, ...]:
        read.append(path)
        return read_symbols(path, data, ctags)

    monkeypatch.setattr("agentboard_agents.symbols.index.read_symbols", noting)
    after = index_checkout(project)
    assert read == ["shop/stock.py"]
    assert after.files["shop/cart.py"] == before.files["shop/cart.py"]
    index_commit(Repository(str(root)), "HEAD")
    assert read == ["shop/stock.py"], "what the commit has is known from the first look"


def test_a_damaged_cache_costs_time_and_nothing_else(root: Path) -> None:
    project = Project.open(str(root))
    project.make_state()
    (Path(project.state) / "symbols.db").write_bytes(b"not a database" * 100)
    assert names(project, "reserve") == ["reserve"]
    assert names(project, "reserve") == ["reserve"]
    with sqlite3.connect(Path(project.state) / "symbols.db") as database:
        assert database.execute("SELECT count(*) FROM contents").fetchone()[0] > 0


def test_links_lead_nowhere(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("def secret(): ...\n")
    (root / "shop" / "link.py").symlink_to(tmp_path / "secret.py")
    assert names(Project.open(str(root)), "secret") == []


def test_the_whole_name_comes_first(root: Path) -> None:
    (root / "shop" / "more.py").write_text(
        "def discount(): ...\ndef discounted(): ...\ndef x_discount_y(): ...\n"
    )
    found = names(Project.open(str(root)), "discount")
    assert found[:2] == ["discount", "discounted"]
    assert set(found) == {
        "discount",
        "discounted",
        "x_discount_y",
        "Cart.apply_discount",
        "test_apply_discount",
    }


def test_a_member_is_found_by_what_it_is_in(root: Path) -> None:
    assert names(Project.open(str(root)), "cart.Apply_discount") == ["Cart.apply_discount"]


def test_a_task_is_about_what_its_words_name(root: Path) -> None:
    index = index_commit(Repository(str(root)), "HEAD")
    found = related(index, "Round what apply_discount takes off a cart")
    assert found.files[:2] == ("shop/cart.py", "tests/test_cart.py")
    assert [one.qualified for one in found.symbols][:1] == ["Cart.apply_discount"]
    assert related(index, "Send the receipt twice").files == ("shop/mailer.go",)
    assert "web/basket.ts" in related(index, "See basket.ts").files
    assert related(index, "Say hello") == Related()
    assert "shop/cart.py:2 method Cart.apply_discount(self, percent: int) -> None" in told(found)


def test_the_command_line_lists_what_is_found(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["symbols", "SendReceipt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "name": "SendReceipt",
            "kind": "function",
            "file": "shop/mailer.go",
            "line": 3,
            "signature": "(to string) error",
            "scope": "",
            "language": "Go",
        }
    ]
    assert run(["symbols", "basket"]) == 0
    assert "web/basket.ts:1" in capsys.readouterr().out


def test_nothing_found_is_an_empty_list(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["symbols", "nowhere", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run(["symbols", " "]) == 2
