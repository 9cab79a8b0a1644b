"""Parameters drawn straight from their law given labels, where priors are conjugate."""
