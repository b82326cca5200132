"""Patches as `git format-patch --stdout` writes them, made by hand where git itself would refuse to."""

from typing import Any

HEAD = """\
From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001
From: Dispatch agent <agent@dispatch.invalid>
Date: Sun, 22 Nov 2026 12:00:00 +0000
Subject: [PATCH] Take the discount once

"""


def diff(path: str = "orders.py", *, added: str = "total = 2") -> str:
    """One changed line of one file."""
    return f"diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-total = 1\n+{added}\n"


def letter(*diffs: str, head: str = HEAD) -> str:
    """A patch of one commit."""
    return f"{head}---\n\n{''.join(diffs)}"


def proposal(*diffs: str, files: tuple[str, ...] = ("orders.py",), head: str = HEAD) -> dict[str, Any]:
    """The patch as a runner hands it in."""
    return {
        "mbox": letter(*(diffs or (diff(),)), head=head),
        "files": [{"path": path, "additions": 1, "deletions": 1, "status": "M"} for path in files],
        "commits": [{"sha": "1" * 40, "subject": "Take the discount once"}],
    }


PATCH = proposal()
