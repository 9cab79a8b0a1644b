"""What draws of a posterior are worth: convergence, errors, information criteria."""
