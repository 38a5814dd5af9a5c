import unittest

from shop.stock import reserve


class ReserveTest(unittest.TestCase):
    def test_takes_out_of_stock(self) -> None:
        stock = {"teapot": 3}
        self.assertEqual(reserve(stock, "teapot", 2), 1)
        self.assertEqual(stock, {"teapot": 1})

    def test_never_sells_what_is_not_there(self) -> None:
        stock = {"teapot": 1}
        with self.assertRaises(ValueError):
            reserve(stock, "teapot", 2)
        self.assertEqual(stock, {"teapot": 1})
