"""Families that are built of others."""

from skmixture.families.built.product import Product

__all__ = ["Product"]
