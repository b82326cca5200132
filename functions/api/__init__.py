"""The HTTP API: who asks, one room's answer, and refusals as `application/problem+json`."""
