"""What a fitted mixture can say: everything that needs nothing but fitted attributes."""

from skmixture.scoring.criteria import Criteria
from skmixture.scoring.draws import Draws
from skmixture.scoring.tables import Tables

__all__ = ["FittedMixture"]


class FittedMixture(Criteria, Draws, Tables):
    """Densities, responsibilities, criteria, samples and tables of a fitted mixture."""
