"""
Directions: hours of a day, places on a sphere
==============================================

A Gaussian law knows nothing of a circle: it takes 23:59 and 0:01 for opposites.
So mixtures of Gaussians cut what lies across the seam, and pay with a component
for every cut. Von Mises-Fisher laws live on the circle and on the sphere, where
there is no seam.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import adjusted_rand_score

from skmixture import Mixture, VonMisesFisherMixture
from skmixture.families import Gaussian
from skmixture.selection import MixtureSelection

COLOURS = np.array(["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"])

# %%
# On a circle
# -----------
#
# When 800 animals passed a camera: some in the morning, most around midnight.

rng = np.random.RandomState(0)
hours = np.r_[rng.normal(8, 1, 300), rng.normal(23.8, 1.6, 500)] % 24


def on_circle(hours):
    """Points of length 1, (n, 2)."""
    angles = np.asarray(hours) * 2 * np.pi / 24
    return np.column_stack([np.cos(angles), np.sin(angles)])


def of_circle(points):
    """Hours of points."""
    return np.arctan2(points[:, 1], points[:, 0]) * 24 / (2 * np.pi) % 24


circular = VonMisesFisherMixture(n_init=3, random_state=0, order_by="weights")
passing = MixtureSelection(circular, n_components=range(1, 6)).fit(on_circle(hours))
linear = Mixture(Gaussian(), n_init=3, random_state=0)
on_line = MixtureSelection(linear, n_components=range(1, 7)).fit(hours[:, None])
directions = passing.best_estimator_.directions_
print("von Mises-Fisher: peaks at", of_circle(directions).round(1))
print("Gaussian:         peaks at", on_line.best_estimator_.means_.ravel().round(1))

# %%
# A bell that is cut in two is no bell: at either end of the day Gaussians stack up, and BIC
# takes all six that it is offered. On the circle there are two peaks.
#
# ``score_samples`` is the log density by length on the circle.

fig, ax = plt.subplots(subplot_kw={"projection": "polar"}, figsize=(5, 5), layout="constrained")
ax.set_theta_zero_location("N")
ax.set_theta_direction(-1)
ax.set_axisbelow(True)
ax.hist(hours * 2 * np.pi / 24, np.linspace(0, 2 * np.pi, 49), density=True, color="#D4D7DC")
around = np.linspace(0, 24, 400)
density = np.exp(passing.score_samples(on_circle(around)))
ax.plot(around * 2 * np.pi / 24, density, color="#222222")
ax.set(xticks=np.arange(0, 2 * np.pi, np.pi / 4), yticks=[], xticklabels=range(0, 24, 3))
ax.set_title("hours, and the density of two components")

# %%
# On a sphere
# -----------
#
# Three showers of meteors by where in the sky they come from. One is around the
# pole, one across the seam of longitudes.


def on_sphere(longitude, latitude):
    """Points of length 1, (n, 3), of degrees."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def of_sphere(points):
    """Longitudes and latitudes in degrees, (n, 2)."""
    return np.degrees(np.column_stack([np.arctan2(points[:, 1], points[:, 0]),
                                       np.arcsin(points[:, 2].clip(-1, 1))]))  # fmt: skip


truth = VonMisesFisherMixture.from_params(
    weights=[0.4, 0.4, 0.2],
    directions=on_sphere([0, -60, 178], [85, 10, -20]),
    concentrations=[15.0, 20.0, 40.0],
)
meteors, shower = truth.sample(500, random_state=0)
spherical = MixtureSelection(circular, n_components=range(1, 6)).fit(meteors)
print(spherical.summary())

# %%
# In longitude and latitude Gaussians need four components: two for what lies across the
# seam. What lies around the pole is drawn out over all longitudes.

degrees = of_sphere(meteors)
flat = MixtureSelection(linear, n_components=range(1, 7)).fit(degrees)
found = {"von Mises-Fisher": spherical.predict(meteors), "Gaussian": flat.predict(degrees)}
for name, labels in found.items():
    agreement = adjusted_rand_score(shower, labels)
    print(f"{name}: {labels.max() + 1} components, adjusted Rand index {agreement:.2f}")

# Points of the map are coloured by component; lines are contours of the density.
lon, lat = np.meshgrid(np.linspace(-180, 180, 361), np.linspace(-90, 90, 181))
log_densities = {
    "von Mises-Fisher": spherical.score_samples(on_sphere(lon, lat).reshape(-1, 3)),
    "Gaussian": flat.score_samples(np.column_stack([lon.ravel(), lat.ravel()])),
}
fig = plt.figure(figsize=(11, 3.4), layout="constrained")
for place, (name, labels) in enumerate(found.items(), start=1):
    ax = fig.add_subplot(1, 2, place, projection="mollweide")
    ax.scatter(*np.radians(degrees).T, c=COLOURS[labels], s=6, linewidths=0)
    density = np.exp(log_densities[name]).reshape(lon.shape)
    levels = density.max() * np.array([0.02, 0.1, 0.3, 0.7])
    ax.contour(np.radians(lon), np.radians(lat), density, levels, colors="#222222", linewidths=0.8)
    ax.set(xticklabels=[], yticklabels=[], title=f"{name}: {labels.max() + 1} components")
    ax.grid(alpha=0.3)
plt.show()
