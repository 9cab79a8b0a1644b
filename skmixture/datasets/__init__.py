"""Small real tables for examples and tests."""

from skmixture.datasets.tables import load_death_notices, load_galaxies, load_old_faithful

__all__ = ["load_death_notices", "load_galaxies", "load_old_faithful"]
