"""Dispatch: a sentence, or a production error, becomes work done by a coding agent, under limits that hold."""
