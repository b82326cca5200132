import { expect, test } from 'vitest';
import { changesOf, changeWords, complaintOf, LIMIT_GROUPS, limitNamed, valueOf, valueWords } from './limits.ts';

test.each([
  ['max_concurrent_spawns', '', 'A number is needed here.'],
  ['max_concurrent_spawns', '2.5', 'This takes a whole number.'],
  ['max_concurrent_spawns', 'many', 'This is not a number from 0 up.'],
  ['max_concurrent_spawns', '-1', 'This is not a number from 0 up.'],
  ['max_concurrent_spawns', ' 12 ', null],
  ['daily_spawn_budget', '', null],
  ['daily_cost_limit_usd', '99.5', null],
  ['max_agent_cost_per_run', '0', 'It takes more than $0.'],
  ['max_agent_cost_per_run', '1001', 'One run takes at most $1,000.00.'],
  ['immediate_spawn_sources', 'ci-deploy', null],
])('%s as “%s”: %s', (key, words, complaint) => {
  expect(complaintOf(limitNamed(key), words)).toBe(complaint);
});

test('an empty field of a limit that need not be there is no limit', () => {
  const budget = limitNamed('daily_spawn_budget');

  expect(valueOf(budget, ' ')).toBeNull();
  expect(valueWords(budget, null)).toBe('no limit');
});

test('sources are words with commas between them', () => {
  const sources = limitNamed('immediate_spawn_sources');

  expect(valueOf(sources, 'ci-deploy, , migration ')).toEqual(['ci-deploy', 'migration']);
  expect(valueWords(sources, ['ci-deploy', 'migration'])).toBe('ci-deploy, migration');
});

test('tables that say the same in another order are no change', () => {
  expect(changesOf({ daily_cost_limit_by_workflow: { a: 1, b: 2 } }, { daily_cost_limit_by_workflow: { b: 2, a: 1 } })).toEqual({});
});

test('a change is told in words, in the order of the page', () => {
  const told = changeWords({ daily_cost_limit_usd: 200, max_concurrent_spawns: 8 }, { daily_cost_limit_usd: 50, max_concurrent_spawns: 8, breaker_minutes: 30 });

  expect(told.map(({ limit, before, after }) => `${limit.name}: ${before} → ${after}`)).toEqual(['Money a day: $200.00 → $50.00', 'Rest until one may try: none → 30']);
});

test('every limit is called something of its own', () => {
  const names = LIMIT_GROUPS.flatMap(({ limits }) => limits).map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
});
