"""What can go wrong with the laptop's Postgres, said in a sentence."""


class PostgresError(Exception):
    """The database cannot be used, and why."""
