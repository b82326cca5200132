/** The limits as people read and write them: what each is called, in which unit, and how its words become a value. */

import type { Limits, LimitValue } from '#api/shapes.ts';
import { WORKFLOWS } from './slots.ts';
import { dollars } from './words.ts';

/** `by-workflow` and `by-customer` are dollars for single ones; the others stay under the general limit. */
export type LimitKind = 'count' | 'dollars' | 'words' | 'by-workflow' | 'by-customer';

export interface Limit {
  key: string;
  name: string;
  kind: LimitKind;
  /** After the number: `h`, `min`, `runs`. */
  unit: string;
  says: string;
  /** What an empty field means; without it the field may not be empty. */
  empty?: string;
  least?: number;
}

export interface LimitGroup {
  name: string;
  limits: Limit[];
}

const PER_RUN_MOST = 1000; // dollars; the API takes no more for one run

export const LIMIT_GROUPS: LimitGroup[] = [
  {
    name: 'At once',
    limits: [
      { key: 'max_concurrent_spawns', name: 'Agents in all', kind: 'count', unit: 'at once', says: 'Most agents at once, of every kind.' },
      { key: 'max_concurrent_spawns_error', name: 'Agents on errors', kind: 'count', unit: 'at once', says: 'Most agents at once on production errors.' },
      { key: 'max_concurrent_spawns_prd', name: 'Agents people asked for', kind: 'count', unit: 'at once', says: 'Most agents at once that people asked for.' },
    ],
  },
  {
    name: 'Runs a day',
    limits: [
      { key: 'daily_spawn_budget', name: 'Runs in all', kind: 'count', unit: 'a day', says: 'Most runs a day (UTC), of every kind.', empty: 'no limit' },
      { key: 'daily_spawn_budget_error', name: 'Runs on errors', kind: 'count', unit: 'a day', says: 'Most runs a day on production errors.' },
      { key: 'daily_spawn_budget_prd', name: 'Runs people asked for', kind: 'count', unit: 'a day', says: 'Most runs a day that people asked for.' },
    ],
  },
  {
    name: 'Money',
    limits: [
      { key: 'daily_cost_limit_usd', name: 'Money a day', kind: 'dollars', unit: 'a day', says: 'Reserved and settled together never pass it.' },
      { key: 'daily_cost_limit_by_workflow', name: 'Money a day, by workflow', kind: 'by-workflow', unit: 'a day', says: 'For single workflows, within the day’s money.', empty: 'no limit' },
      { key: 'daily_cost_limit_per_customer', name: 'Money a day, each customer', kind: 'dollars', unit: 'a day', says: 'For each customer, within the day’s money.', empty: 'no limit' },
      { key: 'daily_cost_limit_by_customer', name: 'Money a day, single customers', kind: 'by-customer', unit: 'a day', says: 'For customers who get more or less than each.', empty: 'as each' },
      { key: 'max_agent_cost_per_run', name: 'Money for a run', kind: 'dollars', unit: 'a run', says: 'Set aside before it starts; where it is reached the run is ended.', least: 0.000001 },
      { key: 'max_agent_cost_by_workflow', name: 'Money for a run, by workflow', kind: 'by-workflow', unit: 'a run', says: 'For single workflows, instead of the general one.', empty: 'as every run' },
    ],
  },
  {
    name: 'Errors',
    limits: [
      { key: 'min_event_count_to_spawn', name: 'Seen before a run starts', kind: 'count', unit: 'times', says: 'An error starts a run by itself once it was seen so often.' },
      { key: 'immediate_spawn_sources', name: 'Sources that need one sighting', kind: 'words', unit: '', says: 'Their errors start a run at once. Separate them by commas.', empty: 'none' },
      { key: 'spawn_delay_minutes', name: 'Wait before a run starts', kind: 'count', unit: 'min', says: 'In case the error heals by itself.' },
      { key: 'spawn_cooldown_hours', name: 'Rest after a run', kind: 'count', unit: 'h', says: 'The same error starts no other run by itself for so long.' },
    ],
  },
  {
    name: 'People',
    limits: [
      { key: 'max_waiting_reviews', name: 'Reviews that may wait', kind: 'count', unit: 'reviews', says: 'At so many nothing starts by itself. 0 means never mind.' },
      { key: 'plan_approval_days', name: 'An approval holds', kind: 'count', unit: 'days', says: 'Then the plan is investigated anew. 0 means for ever.' },
    ],
  },
  {
    name: 'Failures in a row',
    limits: [
      { key: 'breaker_failures', name: 'Failures until it rests', kind: 'count', unit: 'in a row', says: 'Of one workflow, or one error. 0 means never.' },
      { key: 'breaker_minutes', name: 'Rest until one may try', kind: 'count', unit: 'min', says: 'Then one small run tries; if it ends well all may run again.' },
      { key: 'breaker_probe_usd', name: 'Money for the run that tries', kind: 'dollars', unit: 'a run', says: 'Most dollars for that one run.', least: 0.000001 },
    ],
  },
];

const ALL = new Map(LIMIT_GROUPS.flatMap(({ limits }) => limits).map((limit) => [limit.key, limit]));

/** The limit of this name; one this page does not know is called by its key. */
export function limitNamed(key: string): Limit {
  return ALL.get(key) ?? { key, name: key.replace(/_/g, ' '), kind: 'count', unit: '', says: '' };
}

/** A value in words: `8`, `$200.00`, `no limit`, `qa-test $20.00`. */
export function valueWords({ kind, empty = 'none' }: Limit, value: LimitValue | undefined): string {
  if (value === null || value === undefined) return empty;
  if (Array.isArray(value)) return value.join(', ') || empty;
  if (typeof value === 'object') return Object.entries(value).map(([name, usd]) => `${name} ${dollars(usd)}`).join(', ') || empty;
  return kind === 'dollars' ? dollars(value) : String(value);
}

/** What stands in the field of a single value. */
export function fieldWords(value: LimitValue | undefined): string {
  return value === null || value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value);
}

/** What is wrong with what stands in a field; null when nothing is. */
export function complaintOf(limit: Limit, words: string): string | null {
  const text = words.trim();
  if (text === '') return limit.empty === undefined ? 'A number is needed here.' : null;
  if (limit.kind === 'words') return null;
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) return 'This is not a number from 0 up.';
  if (limit.kind === 'count' && !Number.isInteger(number)) return 'This takes a whole number.';
  if (limit.least !== undefined && number < limit.least) return 'It takes more than $0.';
  return limit.unit === 'a run' && number > PER_RUN_MOST ? `One run takes at most ${dollars(PER_RUN_MOST)}.` : null;
}

/** The value of what stands in a field that has nothing to complain about. */
export function valueOf({ kind }: Limit, words: string): LimitValue {
  if (kind === 'words') return words.split(',').map((word) => word.trim()).filter((word) => word !== '');
  return words.trim() === '' ? null : Number(words);
}

/** The limits that differ, as the API takes a change. */
export function changesOf(before: Limits, after: Limits): Limits {
  return Object.fromEntries(Object.entries(after).filter(([key, value]) => !isSame(before[key], value)));
}

export interface LimitChange {
  limit: Limit;
  before: string;
  after: string;
}

/** Each limit that differs with its value before and after, in words and in the order of the page. */
export function changeWords(before: Limits, after: Limits): LimitChange[] {
  const order = [...ALL.keys()];
  return Object.keys(changesOf(before, after))
    .sort((a, b) => order.indexOf(a) - order.indexOf(b))
    .map(limitNamed)
    .map((limit) => ({ limit, before: valueWords(limit, before[limit.key]), after: valueWords(limit, after[limit.key]) }));
}

/** Whose own limits a table may hold: every workflow, or the customers that are known. */
export function namesFor(kind: LimitKind, customers: string[]): string[] {
  return kind === 'by-workflow' ? WORKFLOWS : customers;
}

function isSame(a: LimitValue | undefined, b: LimitValue): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: LimitValue | undefined): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
}
