"""What sums and M-steps are computed with: memory, matrix products, special functions, solvers."""
