import unittest

from shop.users import create_user


class CreateUserTest(unittest.TestCase):
    def test_returns_the_user(self) -> None:
        users: dict[str, dict[str, str]] = {}
        self.assertEqual(create_user(users, "Ada", "ada@example.com")["name"], "Ada")
        self.assertIn("ada@example.com", users)

    def test_addresses_are_unique_without_case(self) -> None:
        users: dict[str, dict[str, str]] = {}
        create_user(users, "Ada", "ada@example.com")
        with self.assertRaises(ValueError):
            create_user(users, "Eve", "ADA@example.com")

    def test_refuses_what_is_no_address(self) -> None:
        with self.assertRaises(ValueError):
            create_user({}, "Ada", "nowhere")
