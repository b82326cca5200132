"""The log: one JSON line per event, with keys. Never a secret, a token or a whole payload."""

from aws_lambda_powertools import Logger

logger = Logger(service="dispatch", log_uncaught_exceptions=False)
