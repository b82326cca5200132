import { expect, test } from 'vitest';
import { barsOf, hoursChart, rateWords } from './rate.ts';

const NOW = Date.parse('2026-11-22T15:20:00Z');

test('what was seen once can be seen beside what was seen often', () => {
  expect(barsOf([0, 1, 400])).toEqual([null, 0.12, 1]);
});

test.each([
  [[0, 0, 0], 'not seen in 3 h'],
  [[4, 12, 3], '19 in 3 h, 3 in the last hour, at most 12 in one'],
  [[4, 0, 0], '4 in 3 h, quiet for 2 h, at most 4 in one'],
])('the rate %j in words', (rate, words) => {
  expect(rateWords(rate)).toBe(words);
});

test('every hour of 14 days has its place, up to the one that has begun', () => {
  const chart = hoursChart({ hours: [{ at: '2026-11-22T15:00:00Z', count: 7 }, { at: '2026-11-22T13:00:00Z', count: 2 }] }, NOW);

  expect([chart.steps.length, chart.steps.at(-1)]).toEqual([336, '2026-11-22T15:00:00.000Z']);
  expect(chart.series[0]?.values.slice(-4)).toEqual([0, 2, 0, 7]);
  expect(chart.says).toBe('9 in 14 days, in 2 hours, at most 7 in one.');
});
