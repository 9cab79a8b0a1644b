"""
Anomalies, at a rate that is kept
=================================

A mixture of what is normal gives every new row a log density, and those with a low one are
reported. Where is low? A threshold that is taken from the rows of the fit promises
5% false alarms and gives 7%, or 22%: the more components, the more. One from rows that
were held out keeps its promise, whatever the mixture.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer

from skmixture import GaussianMixture
from skmixture.priors import InverseWishart

# %%
# The rows
# --------
#
# Eight numbers of the largest cell nuclei in each of 569 tumours, on a log scale. Benign
# ones are normal here; no malignant one is seen by a fit.

table = load_breast_cancer(as_frame=True)
columns = [name for name in table.data if "worst" in name and "conca" not in name]
X = np.log(table.data[columns].to_numpy())
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


def rates(n_components, seed):
    """Shares of 117 new benign rows and of malignant ones below either threshold, (2, 2)."""
    rows = np.random.RandomState(seed).permutation(len(benign))
    seen, held_out, new = np.split(benign[rows], [140, 240])
    prior = {"covariances": InverseWishart(scale=1e-4)}  # keeps components from collapsing
    model = GaussianMixture(n_components, prior=prior, max_iter=500, random_state=0).fit(seen)
    cuts = [threshold(model.score_samples(own), RATE) for own in (seen, held_out)]
    scores = [model.score_samples(own) for own in (new, malignant)]
    return [[np.mean(own < cut) for own in scores] for cut in cuts]


# %%
# Thirty splits
# -------------
#
# One split says little: of 117 new rows 5% are six, give or take a few.

N_COMPONENTS = [1, 2, 3, 4]
found = np.array([[rates(K, seed) for seed in range(30)] for K in N_COMPONENTS])
mean = found.mean(axis=1)  # (components, threshold, new or malignant)
print("threshold from        rows of the fit          held-out rows")
print("components       false alarms  found      false alarms  found")
for K, (seen, held_out) in zip(N_COMPONENTS, mean, strict=True):
    print(f"{K:<17}{seen[0]:>12.1%}{seen[1]:>7.0%}{held_out[0]:>18.1%}{held_out[1]:>7.0%}")

# %%
# What to make of it
# ------------------
#
# By the rows of the fit four components seem to find nine malignant tumours in ten. They do
# so by reporting a fifth of the benign ones as well. At the rate that was asked for, all find
# about two in three, and nothing is gained by more than one component. Compare detectors
# at the same rate, on rows that were held out.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
fig.get_layout_engine().set(w_pad=0.15)
for ax, side, label in zip(
    axes, (0, 1), ("benign rows reported", "malignant rows found"), strict=True
):
    for place, name in enumerate(["from rows of the fit", "from held-out rows"]):
        values, error = mean[:, place, side], found[:, :, place, side].std(axis=1)
        style = {"color": ["#D55E00", "#0072B2"][place], "marker": "os"[place], "capsize": 3}
        offset = np.array(N_COMPONENTS) + 0.06 * place
        ax.errorbar(offset, 100 * values, 100 * error, label=name, **style)
    ax.set(xlabel="components", ylabel=f"{label} (%)", xticks=N_COMPONENTS, ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
axes[0].axhline(100 * RATE, color="#222222", linewidth=1, linestyle="--", label="asked for")
axes[0].legend(frameon=False, title="threshold", loc="upper left")
plt.show()
