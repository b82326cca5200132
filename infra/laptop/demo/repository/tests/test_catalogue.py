import unittest

from shop import catalogue


class Catalogue(unittest.TestCase):
    def test_a_product_is_found_by_its_sku(self):
        self.assertEqual(catalogue.find("mug").price, 1200)

    def test_an_unknown_sku_is_said_by_name(self):
        with self.assertRaisesRegex(catalogue.UnknownProduct, "'fork'"):
            catalogue.find("fork")
