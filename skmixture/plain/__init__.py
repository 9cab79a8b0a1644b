"""A plain format for models: written to the last bit, and read without executing anything."""

from skmixture.plain.files import load
from skmixture.plain.mixin import Plain
from skmixture.plain.registry import register

__all__ = ["Plain", "load", "register"]
