import { expect, test } from 'vitest';
import type { AgentEvent } from '#api/shapes.ts';
import { lineOf, subjectOf } from './lines.ts';

const line = (kind: AgentEvent['kind'], data: Record<string, unknown>): string | null => lineOf({ seq: 1, at: '', kind, data });

test.each<[AgentEvent['kind'], Record<string, unknown>, string | null]>([
  ['message', { text: '\n\n15 files.\nMore.' }, '15 files.'],
  ['tool_use', { name: 'Bash', input: { command: 'git log -1\n' } }, 'Bash · git log -1'],
  ['tool_use', { name: 'Read', input: { file_path: '/data/runs/17/worktree/shop/orders.py' } }, 'Read · shop/orders.py'],
  ['tool_use', { name: 'Read', input: { file_path: '/home/runner/work/shop/shop/orders.py' } }, 'Read · orders.py'],
  ['tool_use', { name: 'TodoWrite', input: {} }, 'TodoWrite'],
  ['tool_result', { name: 'Bash', text: 'fine', is_error: false }, null],
  ['tool_result', { name: 'Bash', text: 'exit 1', is_error: true }, 'Bash failed: exit 1'],
  ['usage', { metered_usd: 1 }, null],
  ['finished', { summary: 'Done.' }, 'Done.'],
])('%s %j reads %j', (kind, data, expected) => {
  expect(line(kind, data)).toBe(expected);
});

test.each([
  [{ description: 'long words', title: 'Wrong total' }, 'Wrong total'],
  [{ identifier: 'DISPATCH-1', title: 'New title' }, 'DISPATCH-1'],
  [{ limit: 5 }, ''],
  [null, ''],
])('a tool asked with %j is about %j', (input, expected) => {
  expect(subjectOf(input)).toBe(expected);
});
