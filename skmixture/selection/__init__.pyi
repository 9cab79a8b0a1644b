from skmixture.selection.mixture_selection import MixtureSelection as MixtureSelection
from skmixture.selection.result import CandidateResult as CandidateResult
from skmixture.selection.scorers import CriterionScorer as CriterionScorer
from skmixture.selection.scorers import WholeData as WholeData
from skmixture.selection.scorers import aic_scorer as aic_scorer
from skmixture.selection.scorers import bic_scorer as bic_scorer
from skmixture.selection.scorers import icl_scorer as icl_scorer
