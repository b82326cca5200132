"""The static site: files of `frontend/build`, `index.html` for every screen's address, and the headers CloudFront adds in the cloud."""

import mimetypes
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import Receive, Scope, Send

from infra.site_headers import security_headers

FOREVER = "public, max-age=31536000, immutable"  # the name of such a file changes with its content
ASK_FIRST = "no-cache"
PACKED = {"br": ".br", "gzip": ".gz"}  # best first
LONGEST_PATH = 200  # a file's name has at most 255 bytes; the site's are shorter by far
NOT_BUILT = "<!doctype html><title>Dispatch</title><p>The site is not built yet. Run <code>dispatch up</code> where Node is installed."


class Site:
    """The folder of the built site as an ASGI app."""

    def __init__(self, folder: Path, *, sockets_url: str) -> None:
        self._folder = folder.resolve()
        self._sockets = "{0.scheme}://{0.netloc}".format(urlsplit(sockets_url))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._answer(scope)
        response.headers.update(security_headers(self._folder / "index.html", sockets=self._sockets))
        await response(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return Response("Method Not Allowed", status_code=405, headers={"allow": "GET, HEAD"})
        wanted = self._find(scope["path"])
        if wanted is None:
            if "." in scope["path"].rpartition("/")[2] and scope["path"].startswith("/_app/"):
                return Response("Not Found", status_code=404)  # an old page asking for an old script must not get HTML
            wanted = self._folder / "index.html"
        if not wanted.is_file():
            return HTMLResponse(NOT_BUILT, status_code=503)
        return _file(wanted, Headers(scope=scope), is_forever="/immutable/" in scope["path"])

    def _find(self, path: str) -> Path | None:
        """The file for `path`, never one outside the folder."""
        if "\0" in path or len(path) > LONGEST_PATH:
            return None
        for candidate in (self._folder / path.lstrip("/"), self._folder / f"{path.strip('/')}.html"):
            file = candidate.resolve()
            if file.is_relative_to(self._folder) and file.is_file():
                return file
        return None


def _file(path: Path, headers: Headers, *, is_forever: bool) -> Response:
    """The file, packed if the browser takes it and the build made it; 304 if the browser has it."""
    accepted = headers.get("accept-encoding", "")
    packed = next((name for name, ending in PACKED.items() if name in accepted and path.with_name(path.name + ending).is_file()), None)
    actual = path.with_name(path.name + PACKED[packed]) if packed else path
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response = FileResponse(actual, media_type=media_type, stat_result=actual.stat())
    response.headers["cache-control"] = FOREVER if is_forever else ASK_FIRST
    response.headers["vary"] = "accept-encoding"
    if packed:
        response.headers["content-encoding"] = packed
    if response.headers["etag"] in [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]:
        return NotModifiedResponse(response.headers)
    return response
