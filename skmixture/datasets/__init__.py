"""Small real tables for examples and tests: three come with the package, one is fetched."""

from skmixture.datasets.remote import fetch_singer_transcript_counts
from skmixture.datasets.tables import load_death_notices, load_galaxies, load_old_faithful

__all__ = [
    "fetch_singer_transcript_counts",
    "load_death_notices",
    "load_galaxies",
    "load_old_faithful",
]
