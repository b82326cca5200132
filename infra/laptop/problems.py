"""Why `dispatch up` does not go on, said in a sentence."""


class BadInputError(Exception):
    """What was asked for cannot be done, and nothing was changed. The command ends with 2."""


class SetUpError(Exception):
    """A step of setting up failed. The command ends with 1."""
