import { expect, test } from 'vitest';
import type { Activity, RunSummary } from '#api/shapes.ts';
import { entriesOf, tellingOf } from './timeline.ts';

function item(id: number, kind: string, { run = null as string | null, data = {} as Record<string, unknown> } = {}): Activity {
  return { id, at: '2026-11-22T15:00:00Z', kind, actor: { kind: 'person', name: 'Ana' }, run_id: run, data, public: false };
}

test('what happened in one run stands together, from its start, where it was last active', () => {
  const story = [
    item(1, 'issue.created'),
    item(2, 'run.started', { run: 'a' }),
    item(3, 'comment.added'),
    item(4, 'run.finished', { run: 'a' }),
    item(5, 'issue.changed'),
  ];

  const entries = entriesOf(story, [{ id: 'a', workflow: 'qa-test' } as RunSummary]);

  expect(entries.map((entry) => (entry.kind === 'run' ? entry.items.map(({ id }) => id) : entry.item.id))).toEqual([5, [2, 4], 3, 1]);
  expect(entries[1]).toMatchObject({ run: { workflow: 'qa-test' } });
});

test('a comment about a run stands for itself: it must not be folded away', () => {
  expect(entriesOf([item(1, 'comment.added', { run: 'a' })], [])[0]?.kind).toBe('single');
});

test('a run that has not been heard of yet is shown all the same', () => {
  expect(entriesOf([item(1, 'run.started', { run: 'a' })], [])[0]).toMatchObject({ kind: 'run', run: null });
});

test.each([
  ['issue.changed', { changes: { status: ['Backlog', 'Done'], priority: ['P3', 'P1'] } }, 'moved it from Backlog to Done and set priority from P3 to P1'],
  ['issue.changed', { changes: { labels: [['a', 'b'], ['b', 'c']] } }, 'added c and removed a'],
  ['run.finished', { outcome: 'no_changes_needed', summary: 'x' }, 'finished: no changes needed'],
  ['plan.returned', { version: 2, feedback: 'Smaller, please.' }, 'asked for changes to plan version 2'],
  ['patch.proposed', { verdict: 'refused', reasons: ['touches .github'] }, 'proposed a patch; it was refused'],
  ['pull.opened', { number: 12, title: 'Take the discount once', draft: true }, 'opened a draft of pull request #12'],
  ['pull.closed', { number: 12 }, 'closed pull request #12'],
  ['pull.closed', { number: 12, reason: 'Done elsewhere' }, 'said why pull request #12 was closed'],
  ['pull.reviewed', { number: 12, verdict: 'changes_requested' }, 'reviewed pull request #12: changes requested'],
  ['ci.failed', { number: 12, check: 'tests', gave_up: true }, 'failed on pull request #12; no further repair is tried'],
  ['ci.not_started', { number: 12, because: 'It waits.' }, 'saw no CI start on pull request #12'],
  ['issue.reopened', { because: 'It was seen again.' }, 'reopened this issue: its error is back'],
  ['error.seen', { because: 'It was seen 100 times by now.' }, 'reported its error'],
  ['error.suspected', { suspects: [{ sha: 'c0ffeec0ffee', title: 'Round up', because: 'It changes total.py.' }] }, 'suspects 1 commit'],
  ['error.handed_over', { family: 'api/orders#1a2b3c4d', failures: 2 }, 'handed its error to a person'],
  ['error.muted', { because: 'Known', until: '2026-11-30T10:00:00Z' }, 'muted its error until 30 Nov, 10:00'],
  ['error.muted', { because: 'Known', until: null }, 'muted its error'],
  ['family.split', { family: 'a/b#1', into: 'a/b#2' }, 'split a/b#2 off a/b#1'],
  ['family.merged', { family: 'a/b#2', into: 'a/b#1' }, 'merged a/b#2 into a/b#1'],
  ['fix.begun', { number: 12 }, 'took pull request #12 for its fix'],
  ['fix.verified', { reason: 'Never seen in 48 h.' }, 'verified the fix'],
  ['something.unheard_of', {}, 'something unheard of'],
])('%s is told as a sentence', (kind, data, text) => {
  expect(tellingOf(item(1, kind, { data })).text).toBe(text);
});

test('the words that came with it are its body', () => {
  expect(tellingOf(item(1, 'plan.returned', { data: { version: 1, feedback: 'Smaller.' } })).body).toBe('Smaller.');
  expect(tellingOf(item(1, 'fix.failed', { data: { because: 'It was seen again.' } })).body).toBe('It was seen again.');
  expect(tellingOf(item(1, 'error.handed_over', { data: { failures: 2 } })).body).toBe('Agents failed at it 2 times in a row.');
  expect(tellingOf(item(1, 'error.suspected', { data: { suspects: [{ sha: 'c0ffeec0ffee', title: 'Round up', because: 'It changes total.py.' }] } })).body).toBe('- `c0ffeec0` Round up: It changes total.py.');
  expect(tellingOf(item(1, 'issue.changed', { data: { changes: { status: ['Backlog', 'Done'] }, reason: 'The till is gone.' } })).body).toBe('The till is gone.');
  expect(tellingOf(item(1, 'run.started')).body).toBeNull();
});
