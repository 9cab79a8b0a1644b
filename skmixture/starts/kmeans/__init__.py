"""Labels of k-means, the same as scikit-learn's `KMeans` gives, in less time and memory.

Seeds are drawn as there. In Lloyd's algorithm, single precision finds most labels and
double precision the doubtful ones; sums follow the rows that change clusters. Starts on
few rows run together, for one after the other they would wait for the interpreter.
"""

from skmixture.starts.kmeans.labels import kmeans_labels, most_together

__all__ = ["kmeans_labels", "most_together"]
