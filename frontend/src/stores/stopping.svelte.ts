/** Stopping: the kill switch by scope, what it stops, how quiet it has become; and breakers, set back by a person. */

import type { Api } from '#api/client.ts';
import type { Breaker, Fleet, KillSwitch, RunSummary, Spawn, SwitchScope } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';
import { counted, duration } from './words.ts';

export interface NewSwitch {
  scope: SwitchScope;
  /** Which workflow, repository or family; empty for everything. */
  value: string;
  reason: string;
}

export class Stopping {
  closing = new Doing();
  opening = new Doing();
  resetting = new Doing();

  constructor(
    private readonly api: Api,
    private readonly readAgain: () => void,
  ) {}

  /** What belongs to the scope is stopped, and nothing of it starts. */
  close(wanted: NewSwitch): Promise<boolean> {
    return this.closing.run(async () => {
      await this.api.post<KillSwitch>('/kill-switches', { ...wanted, value: wanted.scope === 'everything' ? '' : wanted.value.trim(), reason: wanted.reason.trim() });
      this.readAgain();
    });
  }

  /** Runs of its scope start again. */
  open({ id }: KillSwitch): Promise<boolean> {
    return this.opening.run(async () => {
      await this.api.post<KillSwitch>(`/kill-switches/${id}/open`);
      this.readAgain();
    });
  }

  /** The breaker counts from 0 again. */
  reset({ scope, value }: Breaker): Promise<boolean> {
    return this.resetting.run(async () => {
      await this.api.post<{ items: Breaker[] }>('/breakers/reset', { scope, value });
      this.readAgain();
    });
  }
}

/** What runs and what waits of a scope; null where only the server knows. */
export function stoppedBy(scope: SwitchScope, value: string, fleet: Fleet): { running: RunSummary[]; waiting: Spawn[] } | null {
  if (scope === 'family') return null;
  const isMeant = ({ workflow }: { workflow: string }): boolean => scope !== 'workflow' || workflow === value;
  return { running: fleet.running.filter(isMeant), waiting: fleet.waiting.filter(isMeant) };
}

/** What a switch is closed for: `Everything`, `Every qa-test run`. */
export function scopeWords({ scope, value }: Pick<KillSwitch, 'scope' | 'value'>): string {
  if (scope === 'everything') return 'Everything';
  if (scope === 'workflow') return `Every ${value} run`;
  return scope === 'repository' ? `Every run on ${value}` : `Every run of the error ${value}`;
}

/** How quiet it has become by now: `5 runs were stopped, quiet after 4 s`. */
export function quietWords({ stopped, quiet, quiet_s, closed_at }: KillSwitch, now: number): string {
  if (stopped === 0) return 'Nothing ran.';
  const were = `${counted(stopped, 'run')} ${stopped === 1 ? 'was' : 'were'} stopped`;
  if (quiet_s !== null) return `${were}, quiet after ${duration(Math.round(quiet_s * 10) * 100)}`;
  const seconds = Math.max(0, Math.floor((now - new Date(closed_at).getTime()) / 1000));
  return `${were}, ${stopped - quiet} of ${stopped} not quiet yet, ${duration(seconds * 1000)}`;
}

/** When a breaker lets a small run try: `rests`, `tries`, or `counts` while it has not opened. */
export function restOf({ open, probing, tries_at }: Breaker, now: number): 'counts' | 'rests' | 'tries' {
  if (!open) return 'counts';
  return probing || tries_at === null || new Date(tries_at).getTime() <= now ? 'tries' : 'rests';
}
