/** What waits for a place: withdrawn, or started all the same. */

import { Problem, type Api } from '#api/client.ts';
import type { Spawn } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';

/** The gates that only pace the work: an admin may start a run in spite of them. */
const PACING = ['handed_over', 'breaker', 'fix_under_way', 'cooldown', 'occurrences', 'deployment', 'concurrency', 'daily_spawns', 'review_capacity'];

export function canForce(gate: string | null): boolean {
  return gate !== null && PACING.includes(gate);
}

export class Queue {
  withdrawing = new Doing();
  forcing = new Doing();
  /** The issue whose spawn is being withdrawn, or was not. */
  withdrawn = $state<string | null>(null);

  constructor(
    private readonly api: Api,
    private readonly readAgain: () => void,
  ) {}

  /** The spawn waits no more. */
  withdraw({ identifier }: Pick<Spawn, 'identifier'>): Promise<boolean> {
    this.withdrawn = identifier;
    return this.withdrawing.run(async () => {
      await this.api.post(`/issues/${identifier}/spawn/cancel`);
      this.readAgain();
    });
  }

  /** What waits passes the gates that only pace; `because` stays with the decision. */
  force({ identifier }: Pick<Spawn, 'identifier'>, because: string): Promise<boolean> {
    return this.forcing.run(async () => {
      const spawn = await this.api.post<Spawn>(`/issues/${identifier}/spawn/force`, { because: because.trim() });
      this.readAgain();
      if (spawn.state !== 'admitted') throw new Problem(409, spawn.gate ?? spawn.state, [spawn.reason, spawn.would_turn].filter(Boolean).join(' '));
    });
  }
}
