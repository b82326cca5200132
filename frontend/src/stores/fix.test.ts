import { expect, test } from 'vitest';
import type { FixAttempt, FixNumbers } from '#api/shapes.ts';
import { factsOf, fixChart, untilWords } from './fix.ts';

const NUMBERS: FixNumbers = {
  active_hours_before: 24,
  observed_hours_before: 336,
  window_hours: 48,
  traffic_ratio: 0.9,
  expected: 3.086,
  needed: 3,
  chance_of_luck: 0.0457,
  seen: 0,
  ignored: 2,
};

test('the numbers behind a verdict are said with what they mean', () => {
  expect(factsOf(NUMBERS).map(({ value }) => value)).toEqual(['24 of 336 h', '48 h', '90 % of before', '3.1', '0', '4.6 %']);
  expect(factsOf(NUMBERS)[4]?.says).toContain('2 ignored');
});

test('traffic that nobody could tell is not a hundred percent', () => {
  expect(factsOf({ ...NUMBERS, traffic_ratio: null })[2]?.value).toBe('not known');
});

test('a chance too small for a digit is no certainty', () => {
  expect(factsOf({ ...NUMBERS, chance_of_luck: 0.0001 })[5]?.value).toBe('under 0.1 %');
});

const CHART = { since: '2026-11-22T10:00:00Z', until: '2026-11-22T14:00:00Z', step_s: 3600, counts: [3, 1, 0, 0], marks: [{ at: '2026-11-22T12:00:00Z', what: 'deployed' as const }] };
const ATTEMPT = { deployed_at: '2026-11-22T12:00:00Z', watch_until: '2026-11-24T12:00:00Z', decided_at: null, state: 'watching' } as FixAttempt;

test('the chart says in words what came before the deployment and what since', () => {
  const chart = fixChart({ chart: CHART, attempts: [ATTEMPT] });

  expect(chart?.says).toBe('4 times in 2 h before the deployment, never in 2 h since.');
  expect(chart?.steps.at(-1)).toBe('2026-11-22T13:00:00.000Z');
  expect(chart?.window).toMatchObject({ since: ATTEMPT.deployed_at, until: ATTEMPT.watch_until });
  expect(chart?.marks?.map(({ name, tone }) => [name, tone])).toEqual([['deployed', 'info']]);
});

test('the window of what is decided ends with the verdict', () => {
  const decided = { ...ATTEMPT, state: 'verified', decided_at: '2026-11-22T13:30:00Z' } as FixAttempt;

  expect(fixChart({ chart: CHART, attempts: [decided] })?.window?.until).toBe('2026-11-22T13:30:00Z');
});

test('before a deployment there is no window', () => {
  const chart = fixChart({ chart: CHART, attempts: [{ ...ATTEMPT, deployed_at: null }] });

  expect([chart?.says, chart?.window]).toEqual(['4 times in 4 h.', undefined]);
});

test('only what is watched has an end to wait for', () => {
  expect(untilWords(ATTEMPT)).toBe('until 24 Nov, 12:00');
  expect(untilWords({ ...ATTEMPT, state: 'verified' })).toBeNull();
});
