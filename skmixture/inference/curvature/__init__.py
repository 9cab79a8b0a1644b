"""Standard errors by the curvature of the log-likelihood."""
