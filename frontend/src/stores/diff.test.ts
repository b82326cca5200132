import { expect, test } from 'vitest';
import { hunksOf, parseDiff } from './diff.ts';

const DIFF = `From 3f1 Mon Sep 17 00:00:00 2001
Subject: [PATCH] Take the discount once

diff --git a/orders/total.py b/orders/total.py
index 1..2 100644
--- a/orders/total.py
+++ b/orders/total.py
@@ -10,4 +10,3 @@ def total(order):
     lines = order.lines
-    amount = sum(discounted(line) for line in lines)
+    amount = sum(line.price for line in lines)
--- a comment that looks like a header
     return amount
\\ No newline at end of file
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/new.py b/new.py
new file mode 100644
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+print("new")
diff --git a/logo.png b/logo.png
index 1..2 100644
GIT binary patch
delta 12
zcmZ
`;

test('reads files with what happened to them', () => {
  const files = parseDiff(DIFF);

  expect(files.map(({ path, status, additions, deletions, isBinary }) => [path, status, additions, deletions, isBinary])).toEqual([
    ['orders/total.py', 'M', 1, 2, false],
    ['new name.txt', 'R', 0, 0, false],
    ['new.py', 'A', 1, 0, false],
    ['logo.png', 'M', 0, 0, true],
  ]);
  expect(files[1]?.movedFrom).toBe('old name.txt');
});

test('numbers lines on both sides and is not fooled by a removed line that looks like a header', () => {
  const lines = parseDiff(DIFF)[0]?.hunks[0]?.lines ?? [];

  expect(lines.map(({ kind, before, after }) => [kind, before, after])).toEqual([
    ['same', 10, 10],
    ['removed', 11, null],
    ['added', null, 11],
    ['removed', 12, null],
    ['same', 13, 12],
    ['note', null, null],
  ]);
});

test('neutralises escapes hidden in code', () => {
  const [file] = parseDiff('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\u001b[2Jb\n');

  expect(file?.hunks[0]?.lines[1]?.text).toBe('b');
});

test('reads what is no diff as no files', () => {
  expect(parseDiff('nothing here\n@@ -1 +1 @@\n+x')).toEqual([]);
});

test('reads the hunks of an editing tool', () => {
  const [hunk] = hunksOf([{ oldStart: 3, oldLines: 2, newStart: 3, newLines: 2, lines: [' same', '-before', '+after'] }]);

  expect(hunk?.lines).toEqual([
    { kind: 'same', before: 3, after: 3, text: 'same' },
    { kind: 'removed', before: 4, after: null, text: 'before' },
    { kind: 'added', before: null, after: 4, text: 'after' },
  ]);
});
