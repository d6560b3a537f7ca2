"""Puts the samples of this folder where the tests in the folders below it find them."""
