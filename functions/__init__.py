"""The Lambda functions: read the event, call one room, answer."""
