import { expect, test } from 'vitest';
import type { DayFigures, Stats } from '#api/shapes.ts';
import { chartsOf, stacked, type Chart } from './charts.ts';

const day = (day: string, change: Partial<DayFigures>): DayFigures => ({ day, runs: 1, settled_usd: 0, outcomes: {}, patches: 0, published: 0, ...change });

function charts(...by_day: DayFigures[]): Record<string, Chart> {
  const stats: Stats = { days: 3, by_day, by_workflow: [], cost_per_patch_usd: by_day.length ? 2.5 : null, not_spent_usd: 0 };
  return Object.fromEntries(chartsOf(stats, '2026-11-22').map((chart) => [chart.id, chart]));
}

test('every day up to today has its place, also one on which nothing happened', () => {
  const { cost } = charts(day('2026-11-20', { settled_usd: 4 }), day('2026-11-22', { settled_usd: 6 }));

  expect(cost?.steps).toEqual(['2026-11-20', '2026-11-21', '2026-11-22']);
  expect(cost?.series[0]?.values).toEqual([4, 0, 6]);
  expect(cost?.says).toBe('$10.00 in 3 days, at most $6.00 on 2026-11-22.');
});

test('only outcomes that occurred have a colour in the chart', () => {
  const { outcomes } = charts(day('2026-11-21', { outcomes: { failed: 1, completed: 2 } }));

  expect(outcomes?.series.map(({ name, tone }) => [name, tone])).toEqual([
    ['completed', 'outcome-completed'],
    ['failed', 'outcome-failed'],
  ]);
  expect(outcomes?.says).toBe('2 completed, 1 failed.');
});

test('a day without a patch says nothing about patches', () => {
  const { published, 'cost-per-patch': cost } = charts(day('2026-11-21', { settled_usd: 9, patches: 3, published: 2 }), day('2026-11-22', { settled_usd: 1 }));

  expect(published?.series[0]?.values.map((value) => value && Math.round(value))).toEqual([null, 67, null]);
  expect(cost?.series[0]?.values).toEqual([null, 4.5, null]);
});

test('without a run each chart says so in a sentence', () => {
  expect(Object.values(charts()).map(({ says }) => says)).toEqual(['Nothing was spent.', 'No run ended.', 'There was no patch.', 'No patch was published.']);
});

test('bars stand on each other, the tallest drawn first', () => {
  const drawn = stacked([
    { name: 'a', tone: '', values: [1, 2] },
    { name: 'b', tone: '', values: [3, null] },
  ]);

  expect(drawn.map(({ series, tops }) => [series.name, tops])).toEqual([
    ['b', [4, 2]],
    ['a', [1, 2]],
  ]);
});
