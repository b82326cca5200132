"""A deployment: which commit runs where, since when, and whether another commit is in it."""
