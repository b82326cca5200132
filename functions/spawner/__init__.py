"""SQS: starts the run each message asks for."""
