/**
 * One run on the screen: its facts, its log as it grows, and what a person does with it.
 *
 * The log is read from the run's feed in pages and then watched, so a finished run and a running one are the same view.
 */

import { SvelteSet } from 'svelte/reactivity';
import type { Api } from '#api/client.ts';
import type { FeedPage, Frame, Run, RunSummary } from '#api/shapes.ts';
import { Artifacts } from './artifacts.svelte.ts';
import { Doing } from './doing.svelte.ts';
import type { Feed } from './feed.svelte.ts';
import { RunLog } from './run-log.ts';
import { findRows, isErrorRow, lineOf, type FedEvent, type Row } from './run-rows.ts';

export interface RunWorld {
  api: Api;
  feed: Pick<Feed, 'watch'>;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  wait(ms: number, then: () => void): () => void;
}

const PAGE = 500;
const GATHER_MS = 60; // events that come together are drawn together
const ANNOUNCE_MS = 4000; // a screen reader is told the newest line no more often than this

export class RunView {
  run = $state.raw<Run | null>(null);
  error = $state.raw<unknown>(null);
  rows = $state.raw<Row[]>([]);
  isLogLoading = $state(false);
  logError = $state.raw<unknown>(null);
  isFollowing = $state(true);
  /** Keys of the rows that are unfolded. */
  open = new SvelteSet<string>();
  query = $state('');
  /** Which of the found rows is looked at. */
  current = $state(0);
  /** The moment a replay stands at; null while nothing is replayed. */
  replayAt = $state<number | null>(null);
  /** The newest line, for those who listen. */
  announced = $state('');
  metered = $state<number | null>(null);

  artifacts: Artifacts;
  cancelling = new Doing();
  saying = new Doing();

  shown = $derived.by(() => (this.replayAt === null ? this.rows : (this.rows, this.#log.rowsAt(this.replayAt))));
  found = $derived(findRows(this.shown, this.query));
  firstError = $derived(this.shown.findIndex(isErrorRow));
  /** The newest words of a person for the agent. */
  lastSaid = $derived(this.rows.findLast((row) => row.kind === 'said') ?? null);
  isRunning = $derived(this.run !== null && this.run.state !== 'finished');
  meteredUsd = $derived(this.run?.cost_usd ?? highest(this.metered, this.run?.metered_usd ?? null));

  #log = new RunLog();
  #after = 0;
  #waiting: FedEvent[] = [];
  #flush: (() => void) | null = null;
  #announcing: (() => void) | null = null;
  #unwatch: (() => void) | null = null;
  #isClosed = false;

  constructor(
    readonly id: string,
    private readonly world: RunWorld,
  ) {
    this.artifacts = new Artifacts(world.api, id);
  }

  /** Reads the run and its log, then stays with it until `close`. */
  async load(): Promise<void> {
    await this.refresh();
    if (this.run && !this.#unwatch) await this.loadLog();
  }

  /** Reads the run's facts again: checks, patch and report come at its end. */
  async refresh(): Promise<void> {
    try {
      this.run = await this.world.api.get<Run>(`/runs/${this.id}`);
      this.error = null;
      void this.artifacts.load();
    } catch (error) {
      if (!this.run) this.error = error;
    }
  }

  async loadLog(): Promise<void> {
    this.isLogLoading = true;
    this.logError = null;
    try {
      await this.#readPages();
      this.isLogLoading = false;
      this.#show();
      if (!this.#isClosed) this.#unwatch ??= this.world.feed.watch(this.#topic, { after: this.#after, onFrame: (frame) => this.#take(frame) });
    } catch (error) {
      this.isLogLoading = false;
      this.logError = error;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch?.();
    this.#flush?.();
    this.#announcing?.();
  }

  /** The agent is told to stop; the run's end comes over the feed. */
  cancel(): Promise<boolean> {
    return this.cancelling.run(() => this.world.api.post(`/runs/${this.id}/cancel`));
  }

  /** The words go to the agent with its next heartbeat. */
  say(text: string): Promise<boolean> {
    return this.saying.run(() => this.world.api.post(`/runs/${this.id}/say`, { text }));
  }

  /** Looks at the next row that was found (or the one before it); returns its index, -1 where nothing was found. */
  step(by: 1 | -1): number {
    const { length } = this.found;
    if (length === 0) return -1;
    this.isFollowing = false;
    this.current = (this.current + by + length) % length;
    return this.found[this.current] ?? -1;
  }

  search(query: string): number {
    this.query = query;
    this.current = 0;
    if (this.found.length > 0) this.isFollowing = false;
    return this.found[0] ?? -1;
  }

  toggle(key: string): void {
    if (!this.open.delete(key)) this.open.add(key);
  }

  /** First and last moment of the log, in milliseconds; null while it is empty. */
  get span(): [number, number] | null {
    const [first, last] = [this.rows[0], this.rows.at(-1)];
    return first && last ? [Date.parse(first.at), Date.parse(last.at)] : null;
  }

  get #topic(): string {
    return `run:${this.id}`;
  }

  async #readPages(): Promise<void> {
    for (;;) {
      const { frames, newest } = await this.world.api.get<FeedPage>(`/feed/${encodeURIComponent(this.#topic)}?after=${this.#after}&limit=${PAGE}`);
      for (const frame of frames) this.#take(frame);
      this.#after = frames.at(-1)?.seq ?? this.#after;
      // A page may hold fewer frames than asked for when they are large.
      if (frames.length === 0 || this.#after >= newest || this.#isClosed) return;
    }
  }

  #take({ kind, data }: Frame): void {
    if (kind === 'run.event') this.#gather(data as FedEvent);
    if (kind === 'run.state') this.#takeState(data as RunSummary);
  }

  #takeState(summary: RunSummary): void {
    if (!this.run || isOlder(summary, this.run)) return;
    const hasEnded = this.run.state !== 'finished' && summary.state === 'finished';
    this.run = { ...this.run, ...summary };
    if (hasEnded) void this.refresh();
    this.#gather();
  }

  #gather(event?: FedEvent): void {
    if (event) this.#waiting.push(event);
    this.#flush ??= this.world.wait(GATHER_MS, () => this.#show());
  }

  #show(): void {
    this.#flush?.();
    this.#flush = null;
    const events = this.#waiting;
    this.#waiting = [];
    this.#log.add(events);
    if (this.run?.state === 'finished' && !this.isLogLoading) this.#log.end();
    this.rows = this.#log.rows;
    this.metered = this.#log.meteredUsd;
    if (events.length > 0 && this.#unwatch) this.#announceSoon();
  }

  #announceSoon(): void {
    this.#announcing ??= this.world.wait(ANNOUNCE_MS, () => {
      this.#announcing = null;
      const newest = this.rows.at(-1);
      if (newest) this.announced = lineOf(newest);
    });
  }
}

/** The agent's events and its heartbeats both tell of the meter, which only rises. */
function highest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

const STATES = ['queued', 'starting', 'running', 'finished'];

/** Frames read again from the beginning tell of states the run has left. */
function isOlder(summary: RunSummary, run: RunSummary): boolean {
  return STATES.indexOf(summary.state) < STATES.indexOf(run.state);
}
