"""Choosing among mixtures: laws, numbers of components, options."""

from skmixture.tools.lazily import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "skmixture.selection.mixture_selection": ["MixtureSelection"],
        "skmixture.selection.result": ["CandidateResult"],
        "skmixture.selection.scorers": [
            "CriterionScorer",
            "WholeData",
            "aic_scorer",
            "bic_scorer",
            "icl_scorer",
        ],
    },
)
