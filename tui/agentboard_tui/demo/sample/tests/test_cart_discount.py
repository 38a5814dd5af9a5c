import unittest

from shop.cart import with_discount


class DiscountTest(unittest.TestCase):
    def test_takes_the_percentage_off(self) -> None:
        self.assertEqual(with_discount([(1000, 1)], 10), 900)

    def test_rounds_down(self) -> None:
        self.assertEqual(with_discount([(999, 1)], 10), 899)

    def test_refuses_more_than_everything(self) -> None:
        with self.assertRaises(ValueError):
            with_discount([(1000, 1)], 101)
