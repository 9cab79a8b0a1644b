"""The face of scikit-learn: options, fitted attributes, scores."""
