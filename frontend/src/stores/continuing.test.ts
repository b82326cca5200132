import { expect, test } from 'vitest';
import type { Pull, RunSummary } from '#api/shapes.ts';
import { leftUsd, resumeWords, roundOf } from './continuing.ts';

const RUN = { id: 'r', state: 'finished', outcome: 'failed', cap_usd: 5, cost_usd: 1.8, metered_usd: 1.7 } as RunSummary;
const PULL = { id: 'p', state: 'draft', run_id: 'r' } as Pull;

test.each([
  [{}, 3.2],
  [{ outcome: 'lost', cost_usd: null }, 3.3],
  [{ cost_usd: 4 }, 1],
  [{ cost_usd: 4.01 }, null],
  [{ outcome: 'completed' }, null],
  [{ outcome: 'cancelled' }, null],
] as [Partial<RunSummary>, number | null][])('of a run with %o is left: %s', (change, left) => {
  const found = leftUsd({ ...RUN, ...change });

  expect(found === null ? null : Math.round(found * 100) / 100).toBe(left);
});

test('resuming says what there is to spend', () => {
  expect(resumeWords(RUN)).toBe('Resume with what is left ($3.20 of $5.00)');
  expect(resumeWords({ ...RUN, cost_usd: 5 })).toBe('Resume with a fresh cap');
});

test('another round goes on from the completed run whose work the pull request holds', () => {
  const completed = { ...RUN, outcome: 'completed' } as RunSummary;

  expect(roundOf(PULL, [completed])?.id).toBe('r');
  expect(roundOf({ ...PULL, state: 'merged' }, [completed])).toBeNull();
  expect(roundOf({ ...PULL, run_id: null }, [completed])).toBeNull();
  expect(roundOf(PULL, [RUN])).toBeNull();
});

test('there is no other round while something runs', () => {
  const running = { ...RUN, id: 's', state: 'running', outcome: null } as RunSummary;

  expect(roundOf(PULL, [running, { ...RUN, outcome: 'completed' }])).toBeNull();
});
