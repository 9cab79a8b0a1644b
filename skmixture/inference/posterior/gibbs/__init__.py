"""Gibbs sampling: labels given parameters, parameters given labels, in turn."""
