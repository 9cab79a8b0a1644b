"""
The colours of a picture
========================

Six colours for a photograph: those of k-means, and those of a mixture. K-means has the
smaller error, which is all that it looks at, and cuts light from dark. A component with
a covariance of its own follows a surface from its light into its shade. So the
mixture tells trees from walls where k-means has one brown for both.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_sample_image

from skmixture import GaussianMixture

# %%
# Equal pixels are one row
# ------------------------
#
# A row that stands for many has a weight: a third of the work, and the likelihood
# is that of all pixels.

picture = load_sample_image("china.jpg")
pixels = picture.reshape(-1, 3).astype(float)
colours, place, times = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
place = place.ravel()  # of each pixel, its colour
print(f"{len(pixels)} pixels, {len(colours)} colours")

# %%
# Two palettes
# ------------
#
# The sky has stretches of one exact colour, on which a component would collapse.
# Values are whole numbers, so that a variance below 1 says nothing: ``reg_covar=1``.

kmeans = KMeans(6, n_init=3, random_state=0).fit(colours, sample_weight=times)
mixture = GaussianMixture(6, reg_covar=1.0, max_iter=500, tol=1e-4, random_state=0)
mixture.fit(colours, sample_weight=times)
on_pixels, folded = mixture.score(pixels), mixture.score(colours, sample_weight=times)
print(f"log-likelihood of a pixel: {on_pixels:.6f}; with weights {folded:.6f}")

resp = mixture.predict_proba(colours)
painted = {
    "k-means": kmeans.cluster_centers_[kmeans.labels_],
    "mixture": mixture.means_[resp.argmax(axis=1)],
    "mixture, blended": resp @ mixture.means_,
}

# %%
# What they keep
# --------------
#
# Of a colour's brightness, and of its hue, as shares of red, green and blue, a
# palette explains a part of the variance between pixels.


def explained(values, labels):
    """Share of the variance of values (n, d) between the groups."""
    mean = np.average(values, axis=0, weights=times)
    within = 0.0
    for k in np.unique(labels):
        own, weight = values[labels == k], times[labels == k]
        within += weight @ ((own - np.average(own, axis=0, weights=weight)) ** 2).sum(axis=1)
    return 1 - within / (times @ ((values - mean) ** 2).sum(axis=1))


brightness = colours.sum(axis=1, keepdims=True)
hue = (colours + 1) / (brightness + 3)  # black has none
groups = {"k-means": kmeans.labels_, "mixture": resp.argmax(axis=1)}
for name, labels in groups.items():
    error = np.sqrt(times @ ((colours - painted[name]) ** 2).sum(axis=1) / times.sum())
    print(
        f"{name}: error {error:.0f} of 255, explains {explained(brightness, labels):.0%} of "
        f"the brightness and {explained(hue, labels):.0%} of the hue"
    )

# %%
# If bytes are to be saved, take k-means. If the groups are to be things, take the
# mixture: its groups are surfaces, and its responsibilities blend them where they meet.

fig, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
axes[0, 0].imshow(picture)
axes[0, 0].set_title(f"{len(colours):,} colours", loc="left")
for ax, (name, palette) in zip(axes.flat[1:], painted.items(), strict=True):
    ax.imshow(palette[place].reshape(picture.shape).round().astype(np.uint8))
    ax.set_title(name, loc="left")
for ax in axes.flat:
    ax.axis("off")
plt.show()
