"""The posterior of a mixture's weights and parameters."""
