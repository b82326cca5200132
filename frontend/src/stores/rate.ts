/** How often an error was seen, by hour: as a small picture, as a chart, and in words. */

import type { FamilyWhole } from '#api/shapes.ts';
import type { Chart } from './charts.ts';
import { count, counted } from './words.ts';

const HOUR_MS = 3_600_000;
const CHART_DAYS = 14;

/** The heights of the bars, of 1; null where it was not seen. Something seen once can be seen. */
export function barsOf(rate: number[]): (number | null)[] {
  const most = Math.max(...rate, 1);
  return rate.map((seen) => (seen === 0 ? null : Math.max(0.12, seen / most)));
}

/** `19 in 48 h, 3 in the last hour, at most 12 in one`. */
export function rateWords(rate: number[]): string {
  const total = rate.reduce((sum, seen) => sum + seen, 0);
  if (total === 0) return `not seen in ${rate.length} h`;
  const quiet = rate.length - 1 - rate.findLastIndex((seen) => seen > 0);
  const last = quiet === 0 ? `${count(rate.at(-1) ?? 0)} in the last hour` : `quiet for ${quiet} h`;
  return `${count(total)} in ${rate.length} h, ${last}, at most ${count(Math.max(...rate))} in one`;
}

/** Every hour of the last 14 days, ending with the one of `now`. */
export function hoursChart({ hours }: Pick<FamilyWhole, 'hours'>, now: number): Chart {
  const end = Math.floor(now / HOUR_MS) * HOUR_MS;
  const known = new Map(hours.map(({ at, count: seen }) => [Math.floor(Date.parse(at) / HOUR_MS) * HOUR_MS, seen]));
  const steps = Array.from({ length: CHART_DAYS * 24 }, (_, at) => end - (CHART_DAYS * 24 - 1 - at) * HOUR_MS);
  const values = steps.map((at) => known.get(at) ?? 0);
  const total = values.reduce((sum, seen) => sum + seen, 0);
  const active = values.filter((seen) => seen > 0).length;
  return {
    id: 'rate',
    title: `By hour, the last ${CHART_DAYS} days`,
    says: total === 0 ? `Not seen in ${CHART_DAYS} days.` : `${count(total)} in ${CHART_DAYS} days, in ${counted(active, 'hour')}, at most ${count(Math.max(...values))} in one.`,
    kind: 'bars',
    step: 'hour',
    steps: steps.map((at) => new Date(at).toISOString()),
    format: (value) => count(Math.round(value)),
    series: [{ name: 'Seen', tone: 'danger', values }],
    marks: [],
  };
}
