"""The agent runner: takes one claim, runs one coding agent under its limits, streams what it does and hands in what it proposes.

Standard library only, Python 3.11 and later, because it is copied into other people's repositories.
"""

VERSION = "3"  # what the server sees at the claim and `dispatch workflows check` compares; raised when the protocol's use changes
