import { expect, test } from 'vitest';
import type { Fleet, RunSummary, Used, Workflow } from '#api/shapes.ts';
import { placesOf } from './slots.ts';

const run = (id: string, workflow: Workflow, created_at = '2026-11-22T10:00:00Z'): RunSummary => ({ id, workflow, created_at }) as RunSummary;
const fleet = (running: RunSummary[], total: number, error: Used, prd: Used): Fleet =>
  ({ running, slots: { used: running.length, total, error, prd } }) as unknown as Fleet;

test('each family of places has its own runs, oldest first', () => {
  const later = run('b', 'qa-test', '2026-11-22T11:00:00Z');
  const running = [later, run('a', 'prd-implement'), run('c', 'auto-investigate')];

  const [errors, people] = placesOf(fleet(running, 8, { used: 1, total: 3 }, { used: 2, total: 5 }));

  expect(errors?.runs.map(({ id }) => id)).toEqual(['c']);
  expect(people?.runs.map(({ id }) => id)).toEqual(['a', 'b']);
  expect([errors?.free, people?.free]).toEqual([2, 3]);
});

test('no place is free when all are taken together', () => {
  const [errors] = placesOf(fleet([run('a', 'qa-test'), run('b', 'qa-test')], 2, { used: 0, total: 3 }, { used: 2, total: 5 }));

  expect(errors?.free).toBe(0);
});

test('of very many free places a few are drawn and the rest are counted', () => {
  const [, people] = placesOf(fleet([], 100, { used: 0, total: 3 }, { used: 0, total: 50 }));

  expect([people?.free, people?.further]).toEqual([8, 42]);
});
