"""What is believed of weights and parameters before the rows are seen."""
