"""Plots of fitted mixtures, after the Display classes of scikit-learn; they need matplotlib."""

from skmixture.tools.lazily import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "skmixture.display.contour": ["ContourDisplay"],
        "skmixture.display.convergence": ["ConvergenceDisplay"],
        "skmixture.display.corner": ["CornerDisplay"],
        "skmixture.display.density": ["DensityDisplay"],
        "skmixture.display.ecdf": ["ECDFDisplay"],
        "skmixture.display.interval": ["IntervalDisplay"],
        "skmixture.display.pairs": ["PairsDisplay"],
        "skmixture.display.predictive": ["PredictiveECDFDisplay"],
        "skmixture.display.profile": ["ProfileDisplay"],
        "skmixture.display.responsibility": ["ResponsibilityDisplay"],
        "skmixture.display.selection": ["SelectionDisplay"],
        "skmixture.display.trace": ["TraceDisplay"],
    },
)
