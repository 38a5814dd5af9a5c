import unittest

from shop.refunds import refund


class RefundTest(unittest.TestCase):
    def test_refunds_part_of_an_order(self) -> None:
        self.assertEqual(refund(5000, 0, 1500)["amount"], 1500)

    def test_never_exceeds_what_was_paid(self) -> None:
        with self.assertRaises(ValueError):
            refund(5000, 4000, 1500)

    def test_large_refunds_need_approval(self) -> None:
        with self.assertRaises(ValueError):
            refund(50000, 0, 20000)
        self.assertEqual(refund(50000, 0, 20000, approved_by="Grace")["approved_by"], "Grace")
