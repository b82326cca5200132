/** The places for agents, with the runs that have them: errors, what people asked for, and all together. */

import type { Fleet, RunSummary, Used, Workflow } from '#api/shapes.ts';

export interface Places {
  name: string;
  used: Used;
  runs: RunSummary[];
  /** Places nobody has that are worth drawing. */
  free: number;
  /** Further free places. */
  further: number;
}

export const WORKFLOWS: Workflow[] = ['prd-investigate', 'prd-implement', 'qa-test', 'deep-research', 'auto-triage', 'auto-investigate'];

const DRAWN = 8; // more empty places say nothing more

/** Each family of places with its runs, oldest first. No more places are free than in all. */
export function placesOf({ running, slots }: Fleet): Places[] {
  const left = Math.max(0, (slots.total ?? Infinity) - slots.used);
  const isError = ({ workflow }: RunSummary): boolean => workflow === 'auto-investigate';
  return [
    places('Errors', slots.error, running.filter(isError), left),
    places('Asked for by people', slots.prd, running.filter((run) => !isError(run)), left),
  ];
}

function places(name: string, used: Used, runs: RunSummary[], left: number): Places {
  const free = Math.min(left, Math.max(0, (used.total ?? Infinity) - used.used));
  const drawn = Math.min(free, Math.max(1, DRAWN - runs.length));
  return { name, used, runs: [...runs].sort((a, b) => a.created_at.localeCompare(b.created_at)), free: drawn, further: free - drawn };
}
