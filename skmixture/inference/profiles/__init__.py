"""Intervals by the profile of the log-likelihood."""
