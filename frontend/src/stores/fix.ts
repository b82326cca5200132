/** Whether a fix holds, in words: where it stands, the numbers behind the verdict, and the chart of before and after. */

import type { Fix, FixAttempt, FixMark, FixNumbers, FixState } from '#api/shapes.ts';
import type { Chart } from './charts.ts';
import { count, counted, moment } from './words.ts';

const HOUR_MS = 3_600_000;

const TITLES: Record<FixState, string> = {
  awaiting_deploy: 'The fix waits for its deployment',
  watching: 'The fix is being watched',
  verified: 'The fix is verified',
  failed: 'The fix did not hold',
  unproven: 'The fix is unproven',
};

const MARK_TONES: Record<FixMark['what'], string> = { merged: 'pull-merged', deployed: 'info', verified: 'success', failed: 'danger', unproven: 'warning' };

export interface Fact {
  name: string;
  value: string;
  /** What it means. */
  says: string;
}

export function fixTitle({ state }: Pick<FixAttempt, 'state'>): string {
  return TITLES[state];
}

/** The numbers that the verdict stands on, in the order in which they are made of each other. */
export function factsOf(numbers: FixNumbers): Fact[] {
  const { active_hours_before, observed_hours_before, window_hours, traffic_ratio, expected, needed, chance_of_luck, seen, ignored } = numbers;
  return [
    { name: 'Before', value: `${active_hours_before} of ${number(observed_hours_before)} h`, says: 'in which it was seen before the fix' },
    { name: 'Watched', value: hours(window_hours), says: 'since the deployment' },
    { name: 'Traffic', value: traffic_ratio === null ? 'not known' : `${percent(traffic_ratio)} of before`, says: 'of the same source' },
    { name: 'Expected', value: number(expected), says: `sightings if nothing had changed; ${number(needed)} are needed for a verdict` },
    { name: 'Seen', value: String(seen), says: ignored === 0 ? 'that count against the fix' : `that count against the fix; ${ignored} ignored` },
    { name: 'Luck', value: percent(chance_of_luck), says: 'is the chance that silence means nothing' },
  ];
}

/** How often the error was seen around its fix; null where nothing is known of it. */
export function fixChart({ chart, attempts }: Pick<Fix, 'chart' | 'attempts'>): Chart | null {
  if (chart === null) return null;
  const { since, step_s, counts, marks } = chart;
  const start = Date.parse(since);
  const attempt = attempts[0];
  const deployed = attempt?.deployed_at ?? null;
  const end = attempt?.decided_at ?? attempt?.watch_until ?? null;
  return {
    id: 'fix',
    title: 'How often it was seen',
    says: chartWords(start, counts, step_s * 1000, deployed),
    kind: 'bars',
    step: 'hour',
    steps: counts.map((_, at) => new Date(start + at * step_s * 1000).toISOString()),
    series: [{ name: 'Seen', tone: 'danger', values: counts }],
    format: (value) => count(Math.round(value)),
    marks: marks.map(({ at, what }) => ({ at, name: what, tone: MARK_TONES[what] })),
    ...(deployed && end && { window: { since: deployed, until: end, name: 'watched' } }),
  };
}

/** When it is known; null where nothing is awaited any more. */
export function untilWords({ state, watch_until }: Pick<FixAttempt, 'state' | 'watch_until'>): string | null {
  return state === 'watching' && watch_until ? `until ${moment(watch_until)}` : null;
}

function chartWords(start: number, counts: number[], step: number, deployed: string | null): string {
  const total = sum(counts);
  if (deployed === null) return `${times(total)} in ${hours((counts.length * step) / HOUR_MS)}.`;
  const before = Math.min(counts.length, Math.max(0, Math.floor((Date.parse(deployed) - start) / step)));
  return `${times(sum(counts.slice(0, before)))} in ${hours((before * step) / HOUR_MS)} before the deployment, ${times(sum(counts.slice(before)))} in ${hours(((counts.length - before) * step) / HOUR_MS)} since.`;
}

function times(n: number): string {
  return n === 0 ? 'never' : counted(n, 'time');
}

function hours(n: number): string {
  return `${number(n)} h`;
}

function number(n: number): string {
  return String(Math.round(n * 10) / 10);
}

function percent(share: number): string {
  if (share > 0 && share < 0.001) return 'under 0.1 %';
  return `${number(share * 100)} %`;
}

function sum(counts: number[]): number {
  return counts.reduce((total, seen) => total + seen, 0);
}
