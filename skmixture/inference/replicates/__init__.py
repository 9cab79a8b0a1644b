"""The bootstrap: replicates made, fitted again, aligned, and what follows from them."""
