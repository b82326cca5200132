"""What the site's own policy lets run: nothing inline but what is known to the letter."""

import base64
import hashlib
import re
from pathlib import Path

from infra.site_headers import security_headers


def test_no_style_and_no_script_is_let_in_for_being_inline(tmp_path: Path) -> None:
    policy = security_headers(tmp_path / "index.html", sockets="")["content-security-policy"]

    assert "'unsafe-inline'" not in policy
    assert "style-src 'self';" in policy


def test_the_pages_own_style_attributes_are_known(project: Path) -> None:
    policy = security_headers(project / "none.html", sockets="")["content-security-policy"]
    styles = re.findall(r'style="([^"]*)"', (project / "frontend" / "src" / "app.html").read_text())

    assert styles
    assert all(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" in policy for one in styles)
