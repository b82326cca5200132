"""A notice: something to be told elsewhere, kept until it is told, once."""
