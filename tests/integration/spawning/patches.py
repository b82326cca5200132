"""A small patch as an agent hands it in."""

MBOX = """\
From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001
From: agent <agent@example.com>
Date: Sun, 22 Nov 2026 12:00:00 +0000
Subject: [PATCH] Take the discount once

---
 orders.py | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/orders.py b/orders.py
index 1111111..2222222 100644
--- a/orders.py
+++ b/orders.py
@@ -1 +1 @@
-total = 1
+total = 2
--
2.47.0
"""
PATCH = {
    "mbox": MBOX,
    "files": [{"path": "orders.py", "additions": 1, "deletions": 1, "status": "M"}],
    "commits": [{"sha": "1" * 40, "subject": "Take the discount once"}],
}
