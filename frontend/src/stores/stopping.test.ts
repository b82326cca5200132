import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Breaker, Fleet, KillSwitch } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { quietWords, restOf, stoppedBy, Stopping } from './stopping.svelte.ts';

const CLOSED_AT = '2026-11-22T10:00:00Z';
const NOW = Date.parse(CLOSED_AT) + 12_400;
const SWITCH = { id: 'k', scope: 'everything', value: '', closed_at: CLOSED_AT, stopped: 5, quiet: 3, quiet_s: null } as KillSwitch;
const BREAKER = { scope: 'workflow', value: 'qa-test', failures: 3, open: true, probing: false, tries_at: '2026-11-22T10:30:00Z' } as Breaker;

test.each([
  [{}, '5 runs were stopped, 2 of 5 not quiet yet, 12 s'],
  [{ quiet: 5, quiet_s: 4.04 }, '5 runs were stopped, quiet after 4 s'],
  [{ stopped: 1, quiet: 1, quiet_s: 0.42 }, '1 run was stopped, quiet after 400 ms'],
  [{ stopped: 0, quiet: 0 }, 'Nothing ran.'],
])('a switch with %o says how quiet it has become', (change, words) => {
  expect(quietWords({ ...SWITCH, ...change }, NOW)).toBe(words);
});

test('a switch for a workflow stops that workflow alone', () => {
  const fleet = { running: [{ id: 'a', workflow: 'qa-test' }, { id: 'b', workflow: 'prd-implement' }], waiting: [{ id: 'c', workflow: 'qa-test' }] } as Fleet;

  const stopped = stoppedBy('workflow', 'qa-test', fleet);

  expect(stopped?.running.map(({ id }) => id)).toEqual(['a']);
  expect(stopped?.waiting.map(({ id }) => id)).toEqual(['c']);
});

test('a switch for everything names nothing else', async () => {
  const api = new PretendApi().answer('POST /kill-switches', SWITCH);
  let reads = 0;

  await new Stopping(api, () => (reads += 1)).close({ scope: 'everything', value: 'qa-test', reason: ' It spends too much ' });

  expect(api.asked[0]?.body).toEqual({ scope: 'everything', value: '', reason: 'It spends too much' });
  expect(reads).toBe(1);
});

test('a switch that is closed already is told with the sentence of the server', async () => {
  const api = new PretendApi().answer('POST /kill-switches', new Problem(409, 'closed_already', 'Everything is stopped already.'));
  const stopping = new Stopping(api, () => undefined);

  expect(await stopping.close({ scope: 'everything', value: '', reason: 'Again' })).toBe(false);
  expect(stopping.closing.refusal).toBe('Everything is stopped already.');
});

test.each([
  [{}, 'rests'],
  [{ tries_at: '2026-11-22T09:00:00Z' }, 'tries'],
  [{ probing: true }, 'tries'],
  [{ open: false, tries_at: null }, 'counts'],
] as const)('a breaker with %o %s', (change, words) => {
  expect(restOf({ ...BREAKER, ...change }, NOW)).toBe(words);
});
