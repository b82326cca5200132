"""The doors that AWS has, on one port of the laptop: HTTP API, WebSocket API, `@connections`, SQS, schedules, the static site.

Each turns what arrives into the event that Lambda would receive, and calls the same handler.
"""
