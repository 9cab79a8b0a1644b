"""
Outliers: a background, or heavy tails
======================================

Two clusters, and one row in eight that belongs to neither. A mixture of two
Gaussians spends a component on these and lumps the clusters together. There are
two cures, a component for the background and laws with heavy tails. They are
answers to different questions, and BIC tells which was asked.
"""

import matplotlib.pyplot as plt
import numpy as np

from skmixture import ComponentsMixture, Mixture, StudentTMixture
from skmixture.display import ContourDisplay
from skmixture.families import Gaussian, Uniform

# %%
# Two tables
# ----------
#
# In the first the odd rows come from anywhere. In the second there are none: rows
# are drawn from Student's t laws of two degrees of freedom, and some lie far out.

MEANS = np.array([[0.0, 0.0], [6.0, 2.0]])
SCALES = np.array([[[1.0, 0.6], [0.6, 1.0]], [[1.5, -0.8], [-0.8, 1.0]]])
SOURCE = np.repeat([0, 1, 2], [250, 150, 60])  # of the first table; 2 is the background


def with_background(seed=0):
    """Gaussian clusters and a background."""
    rng = np.random.RandomState(seed)
    clusters = [rng.multivariate_normal(MEANS[k], SCALES[k], n) for k, n in [(0, 250), (1, 150)]]
    return np.vstack([*clusters, rng.uniform(-15, 20, (60, 2))])


def with_tails(seed=1):
    """Clusters of Student's t laws."""
    truth = StudentTMixture.from_params(
        weights=[0.6, 0.4], means=MEANS, scales=SCALES, dofs=[2.0, 2.0]
    )
    return truth.sample(460, random_state=seed)[0]


# %%
# Three mixtures
# --------------
#
# ``Uniform`` is a box around the rows and has no free parameters. The degrees of
# freedom of Student's t are one number for both components, so that neither becomes the
# background.


def fitted(X):
    """The three mixtures, by name."""
    options = {"n_init": 10, "random_state": 0}
    law = [("cluster", Gaussian(), 2), ("background", Uniform())]
    models = {
        "two Gaussians": Mixture(Gaussian(), 2, order_by="means", **options),
        "two Student's t": StudentTMixture(2, tied=("dofs",), order_by="means", **options),
        "two Gaussians and a box": ComponentsMixture(law, order_by="cluster__means", **options),
    }
    return {name: model.fit(X) for name, model in models.items()}


def error_of_means(model):
    """Distance of each true mean from that of the fit, the larger."""
    params = model.params_
    means = params["cluster__means"] if "cluster__means" in params else params["means"]
    return np.linalg.norm(MEANS - means, axis=1).max()


tables = {"background": with_background(), "heavy tails": with_tails()}
fits = {title: fitted(X) for title, X in tables.items()}
for title, models in fits.items():
    print(f"\n{title:<25}{'parameters':>11}{'BIC':>9}{'error of means':>16}")
    for name, model in models.items():
        bic, error = model.bic(tables[title]), error_of_means(model)
        print(f"{name:<25}{model.n_parameters_:>11}{bic:>9.1f}{error:>16.2f}")

# %%
# What they say
# -------------
#
# Either cure finds the clusters of either table. But each is far the better one where
# it is true. Where there is a background its component says which rows belong to it;
# Student's t has no such component, and gives every far row to a cluster.

boxed = fits["background"]["two Gaussians and a box"]
far = boxed.predict(tables["background"]) == 2
print(f"background: weight {boxed.weights_[2]:.3f}, the truth {np.mean(SOURCE == 2):.3f}")
print(f"{far.sum()} rows are put there, {(far & (SOURCE == 2)).sum()} of them rightly")
dofs = fits["heavy tails"]["two Student's t"].dofs_
print(f"degrees of freedom: {dofs[0]:.1f}, the truth 2")

fig, axes = plt.subplots(2, 3, figsize=(11, 7.4), layout="constrained", sharex=True, sharey=True)
for row, (title, models) in zip(axes, fits.items(), strict=True):
    for ax, (name, model) in zip(row, models.items(), strict=True):
        view = {"limits": ((-16, 21), (-16, 21)), "masses": (0.25, 0.5, 0.8)}
        ContourDisplay.from_estimator(model, tables[title], ax=ax, **view)
        ax.set_title(f"{title}: {name}", fontsize="medium")
        ax.set(xlabel="", ylabel="")
        ax.get_legend().remove()
plt.show()
