import unittest

from shop.cart import shipping


class ShippingTest(unittest.TestCase):
    def test_small_carts_pay(self) -> None:
        self.assertEqual(shipping([(1000, 1)]), 490)

    def test_large_carts_ship_free(self) -> None:
        self.assertEqual(shipping([(2500, 2)]), 0)
