"""What users pass beside the rows: checked, with errors that name it."""
