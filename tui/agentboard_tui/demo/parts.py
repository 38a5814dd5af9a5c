"""Who does what in the sample project, and which tests prove it."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["PARTS", "Part"]


class Part(Struct, frozen=True):
    """One agent's part: its file's stem, its task (`None`: its PRD), and what proves it."""

    stem: str
    way: str
    task: str | None
    done: tuple[str, ...]  # ids of tasks that their files must show as done
    tests: tuple[str, ...]  # test modules that fail on the base and pass on the branch


PARTS = (
    Part("refund-worker", "brief", "T2", ("refund-worker-tasks:T2",), ("tests.test_refunds",)),
    Part("catalog-worker", "changeset", "C1", ("catalog-search:C1",), ("tests.test_catalog",)),
    Part(
        "cart-expert",
        "ralph",
        None,
        ("cart_prd:1", "cart_prd:2"),
        ("tests.test_cart_discount", "tests.test_cart_shipping"),
    ),
    Part("stock-engineer", "consultation", "T3", ("TODO:T3",), ("tests.test_stock",)),
    Part("api-engineer", "checklist", "T1", ("api-engineer-tasks:T1",), ("tests.test_users",)),
)
