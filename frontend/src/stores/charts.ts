/** Charts: each a title, a sentence that says it all, steps in time, and series with a colour by token. The fleet's figures are some. */

import type { DayFigures, Outcome, Stats } from '#api/shapes.ts';
import { dollars, plain, slug } from './words.ts';

export interface Series {
  name: string;
  /** A token's name without the dashes before it. */
  tone: string;
  /** Null where a step has nothing to say. */
  values: (number | null)[];
}

/** Something that happened while the figures came about. */
export interface Mark {
  at: string;
  name: string;
  tone: string;
}

export interface Chart {
  id: string;
  title: string;
  /** What it shows, for who does not see it. */
  says: string;
  kind: 'bars' | 'line';
  step: 'day' | 'hour';
  /** When each begins, oldest first: `2026-11-22`, or a moment. */
  steps: string[];
  /** Bars of more than one series stand on each other. */
  series: Series[];
  format: (value: number) => string;
  marks?: Mark[];
  /** A time that matters more than the rest. */
  window?: { since: string; until: string; name: string };
}

const DAY_MS = 86_400_000;
const OUTCOMES: Outcome[] = ['completed', 'no_changes_needed', 'investigation_complete', 'needs_decision', 'blocked', 'failed', 'cancelled', 'lost'];

/** Cost, outcomes, how much is published, and what a patch costs; `today` is the last day, in UTC. */
export function chartsOf(stats: Stats, today: string): Chart[] {
  const figures = everyDay(stats, today);
  const steps = figures.map(({ day }) => day);
  const whole = (value: number): string => String(Math.round(value));
  return [
    { id: 'cost', title: 'Cost by day', says: costWords(figures), kind: 'bars', step: 'day', steps, format: dollars, series: [series('Settled', 'info', figures, ({ settled_usd }) => settled_usd)] },
    { id: 'outcomes', title: 'Outcomes by day', says: outcomeWords(figures), kind: 'bars', step: 'day', steps, format: whole, series: outcomeSeries(figures) },
    {
      id: 'published',
      title: 'Patches published',
      says: publishedWords(figures),
      kind: 'line',
      step: 'day',
      steps,
      format: (value) => `${Math.round(value)} %`,
      series: [series('Published of accepted', 'success', figures, ({ patches, published }) => (patches ? (100 * published) / patches : null))],
    },
    {
      id: 'cost-per-patch',
      title: 'Cost per published patch',
      says: stats.cost_per_patch_usd === null ? 'No patch was published.' : `${dollars(stats.cost_per_patch_usd)} over all days, with what came to nothing.`,
      kind: 'line',
      step: 'day',
      steps,
      format: dollars,
      series: [series('Cost per patch', 'workflow-prd-implement', figures, ({ settled_usd, published }) => (published ? settled_usd / published : null))],
    },
  ];
}

export function sumOf({ values }: Series): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The series on top of each other: each is drawn from 0 up to its place, the tallest first. */
export function stacked(all: Series[]): { series: Series; tops: (number | null)[] }[] {
  const tops = all.map(({ values }, at) => values.map((_, day) => all.slice(0, at + 1).reduce((sum, { values: below }) => sum + (below[day] ?? 0), 0)));
  return all.map((series, at) => ({ series, tops: tops[at] ?? [] })).reverse();
}

function everyDay({ days, by_day }: Stats, today: string): DayFigures[] {
  const known = new Map(by_day.map((figures) => [figures.day, figures]));
  const end = Date.parse(`${today}T00:00:00Z`);
  return Array.from({ length: days }, (_, at) => {
    const day = new Date(end - (days - 1 - at) * DAY_MS).toISOString().slice(0, 10);
    return known.get(day) ?? { day, runs: 0, settled_usd: 0, outcomes: {}, patches: 0, published: 0 };
  });
}

function series(name: string, tone: string, figures: DayFigures[], value: (figures: DayFigures) => number | null): Series {
  return { name, tone, values: figures.map(value) };
}

/** Those that occurred at all, in one order. */
function outcomeSeries(figures: DayFigures[]): Series[] {
  return OUTCOMES.map((outcome) => series(plain(outcome), `outcome-${slug(outcome)}`, figures, ({ outcomes }) => outcomes[outcome] ?? 0)).filter((one) => sumOf(one) > 0);
}

function costWords(figures: DayFigures[]): string {
  const total = figures.reduce((sum, { settled_usd }) => sum + settled_usd, 0);
  const dearest = figures.reduce((most, one) => (one.settled_usd > most.settled_usd ? one : most));
  return total === 0 ? 'Nothing was spent.' : `${dollars(total)} in ${figures.length} days, at most ${dollars(dearest.settled_usd)} on ${dearest.day}.`;
}

function outcomeWords(figures: DayFigures[]): string {
  const told = outcomeSeries(figures).map((one) => `${sumOf(one)} ${one.name}`);
  return told.length === 0 ? 'No run ended.' : `${told.join(', ')}.`;
}

function publishedWords(figures: DayFigures[]): string {
  const patches = figures.reduce((sum, one) => sum + one.patches, 0);
  const published = figures.reduce((sum, one) => sum + one.published, 0);
  return patches === 0 ? 'There was no patch.' : `${published} of ${patches} accepted patches published.`;
}
