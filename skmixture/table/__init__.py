"""A table of rows as the engine reads it: in blocks, from a file, with holes, with labels."""
