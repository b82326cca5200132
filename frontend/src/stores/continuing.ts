/** Going on from a run that has ended: what is left of its money, and what another round begins on. */

import type { Pull, RunSummary } from '#api/shapes.ts';
import { isOpen } from './pulls.ts';
import { dollars } from './words.ts';

const LEAST_USD = 1; // with less an agent gets nowhere; the server gives it a fresh cap then

/** What the run left of its cap; null where it did not end at its limits, or hardly anything is left. */
export function leftUsd({ outcome, cap_usd, cost_usd, metered_usd }: RunSummary): number | null {
  const left = cap_usd - (cost_usd ?? metered_usd ?? 0);
  return canResume({ outcome }) && left >= LEAST_USD ? left : null;
}

/** Whether the run was broken off, so that it can go on. */
export function canResume({ outcome }: Pick<RunSummary, 'outcome'>): boolean {
  return outcome === 'failed' || outcome === 'lost';
}

/** `Resume with what is left ($3.20 of $5.00)`. */
export function resumeWords(run: RunSummary): string {
  const left = leftUsd(run);
  return left === null ? 'Resume with a fresh cap' : `Resume with what is left (${dollars(left)} of ${dollars(run.cap_usd)})`;
}

/** The run whose work another round on this pull request goes on from: ours, completed, and nothing runs meanwhile. */
export function roundOf(pull: Pull, runs: RunSummary[]): RunSummary | null {
  if (!isOpen(pull) || runs.some(({ state }) => state !== 'finished')) return null;
  return runs.find(({ id, outcome }) => id === pull.run_id && outcome === 'completed') ?? null;
}
