"""EM as sums over rows, for a whole batch at once."""
