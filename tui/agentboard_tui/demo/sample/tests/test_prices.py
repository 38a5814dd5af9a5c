import unittest

from shop.prices import total


class TotalTest(unittest.TestCase):
    def test_adds_lines(self) -> None:
        self.assertEqual(total([(250, 2), (100, 1)]), 600)

    def test_empty_cart_costs_nothing(self) -> None:
        self.assertEqual(total([]), 0)
