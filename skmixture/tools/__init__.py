"""What knows nothing of mixtures: threads, tables as text, names that are loaded when asked for."""
