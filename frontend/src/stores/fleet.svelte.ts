/** What runs, what waits, and what today costs; with the newest line of every run. */

import type { Api } from '#api/client.ts';
import type { AgentEvent, Fleet as FleetShape, Frame, RunSummary } from '#api/shapes.ts';
import type { Feed } from './feed.svelte.ts';
import { Following } from './following.ts';
import { lineOf } from './lines.ts';

export class Fleet {
  shown = $state<FleetShape | null>(null);
  failure = $state<unknown>(null);
  /** The newest line of each run, by its id. */
  lines = $state<Record<string, string>>({});

  #runs = new Map<string, () => void>();
  #following: Following;

  constructor(
    private readonly api: Api,
    private readonly feed: Feed,
  ) {
    this.#following = new Following({ feed, topic: 'fleet', read: () => this.#read() });
  }

  /** From here on `shown` is what the server shows. */
  start(): void {
    this.#following.start();
  }

  stop(): void {
    this.#following.stop();
    this.#follow([]);
    this.shown = null;
  }

  retry(): void {
    void this.#following.readAgain();
  }

  async #read(): Promise<void> {
    try {
      this.#show(await this.api.get<FleetShape>('/fleet'));
    } catch (error) {
      this.failure = error;
    }
  }

  #show(fleet: FleetShape): void {
    this.shown = fleet;
    this.failure = null;
    this.#follow(fleet.running);
  }

  #follow(running: RunSummary[]): void {
    const ids = new Set(running.map(({ id }) => id));
    for (const [id, leave] of this.#runs) {
      if (ids.has(id)) continue;
      leave();
      this.#runs.delete(id);
      delete this.lines[id];
    }
    for (const { id, last_line } of running) {
      if (last_line) this.lines[id] ??= last_line;
      if (!this.#runs.has(id)) this.#runs.set(id, this.#watch(id));
    }
  }

  /** Follows the run from now on, and reads once more what happened to it until now. */
  #watch(id: string): () => void {
    return this.feed.watch(`run:${id}`, { after: 'now', onFrame: (frame) => this.#said(id, frame), onPlaced: () => void this.#following.readAgain() });
  }

  #said(id: string, frame: Frame): void {
    if (frame.kind === 'run.state') this.#update(frame.data as RunSummary);
    if (frame.kind !== 'run.event') return;
    const event = frame.data as AgentEvent;
    const line = lineOf(event);
    if (line) this.lines[id] = line;
    if (event.kind === 'usage') this.#update({ id, metered_usd: event.data.metered_usd as number });
  }

  #update(change: Partial<RunSummary> & { id: string }): void {
    const run = this.shown?.running.find(({ id }) => id === change.id);
    if (run) Object.assign(run, change);
  }
}
