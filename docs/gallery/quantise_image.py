"""
The colours of a picture
========================

Five colours for a photograph: those of k-means, and those of a mixture. K-means
has the smaller error, which is all that it looks at. Clusters of one round shape
cut light from dark; those of a mixture follow a surface from its light into its
shade, and so tell red from green.
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
# A row that stands for many has a weight. It is a third of the work, and the
# likelihood is that of all pixels.

picture = load_sample_image("china.jpg")
pixels = picture.reshape(-1, 3).astype(float)
colours, place, times = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
print(f"{len(pixels)} pixels, {len(colours)} colours")
