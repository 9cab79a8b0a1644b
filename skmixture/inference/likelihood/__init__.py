"""The log-likelihood about a fit, as a function of free coordinates."""
