"""Who this job is to the control plane: on GitHub a token that GitHub signs for this very job, elsewhere `DISPATCH_API_KEY`."""

import base64
import json
import threading
import time
import urllib.parse

from agent.settings import Settings
from agent.web import StatusError, UnreachableError, call

SPARE_S = 60.0  # before a token's end it is no longer shown: a call may take its time


class NoIdentityError(Exception):
    """GitHub does not vouch for this job."""


class Identity:
    """Answers the bearer of the calls that a run token cannot make. Safe to ask from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0

    def bearer(self) -> str:
        """The proof, good for a minute at least. Raises `NoIdentityError`, `UnreachableError`."""
        if not self.settings.id_token_url:
            return self.settings.api_key
        with self._lock:
            if time.monotonic() > self._ends:
                asked = time.monotonic()
                self._token = self._fetch()
                self._ends = asked + _lifetime_s(self._token) - SPARE_S
            return self._token

    def _fetch(self) -> str:
        address = urllib.parse.urlsplit(self.settings.api_url)
        audience = urllib.parse.quote(f"{address.scheme}://{address.netloc}".lower(), safe="")
        url = self.settings.id_token_url
        headers = {"Authorization": f"Bearer {self.settings.id_token_request}", "Accept": "application/json"}
        try:
            answer = call("GET", f"{url}{'&' if '?' in url else '?'}audience={audience}", headers=headers)
        except StatusError as error:
            raise NoIdentityError(f"GitHub does not vouch for this job (`permissions: id-token: write`?): {error}") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("value"), str):
            raise UnreachableError("GitHub's answer holds no token.")
        return answer["value"]


def _lifetime_s(token: str) -> float:
    """From a token's issue to its end, so that this machine's clock may be wrong; 0 where it does not say."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return float(claims["exp"]) - float(claims["iat"])
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0
