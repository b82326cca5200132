/**
 * Keeps one socket open: connects, notices a dead line, connects again.
 *
 * Where sockets are blocked it asks for a read over HTTP every two seconds instead. What is said is the feed's business.
 */

import type { FeedSocket, FeedTransport } from './transport.ts';

/** `polling`: sockets do not get through, HTTP does; `offline`: neither does. */
export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'offline';

export interface LineEvents {
  opened(): void;
  said(text: string): void;
  /** The socket is of no use: what is new has to be read over HTTP. */
  poll(): Promise<unknown>;
}

type Timer = 'retry' | 'silence' | 'proven' | 'poll';

const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10_000;
const SILENCE_MS = 45_000; // the server pings every 20 s: two missed pings are a dead line
const PROVEN_MS = 5_000; // a connection this old was a real one
const POLL_MS = 2_000;
const TRIES_BEFORE_POLLING = 2;

export class Line {
  state = $state<FeedState>('connecting');

  #socket: FeedSocket | null = null;
  #attempt = 0;
  #failures = 0;
  #running = false;
  #timers: Partial<Record<Timer, () => void>> = {};

  constructor(
    private readonly transport: FeedTransport,
    private readonly events: LineEvents,
  ) {}

  /** From here on it is connected, or tries to be. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    this.state = 'connecting';
    void this.#connect();
  }

  stop(): void {
    this.#running = false;
    this.#attempt += 1;
    for (const name of ['retry', 'silence', 'proven', 'poll'] as const) this.#cancel(name);
    this.#close();
  }

  /** Tries again at once. */
  nudge(): void {
    if (!this.#running || this.#socket) return;
    void this.#connect();
  }

  send(message: object): void {
    if (this.state === 'live') this.#socket?.send(JSON.stringify(message));
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#cancel('retry');
    this.#close();
    try {
      const { url, ticket } = await this.transport.ticket();
      if (attempt === this.#attempt) this.#open(`${url}${url.includes('?') ? '&' : '?'}ticket=${encodeURIComponent(ticket)}`, attempt);
    } catch {
      if (attempt === this.#attempt) this.#lost('offline');
    }
  }

  #open(url: string, attempt: number): void {
    const ours = (act: (text: string) => void) => (text = '') => {
      if (attempt === this.#attempt) act(text);
    };
    this.#socket = this.transport.open(url, {
      opened: ours(() => this.#opened()),
      said: ours((text) => this.#said(text)),
      closed: ours(() => this.#lost()),
    });
    this.#armSilence();
  }

  #opened(): void {
    this.state = 'live';
    this.#cancel('poll');
    this.#set('proven', PROVEN_MS, () => (this.#failures = 0));
    this.events.opened();
  }

  #said(text: string): void {
    this.#armSilence();
    this.events.said(text);
  }

  #lost(reach: 'polling' | 'offline' = 'polling'): void {
    this.#attempt += 1;
    this.#close();
    this.#cancel('silence');
    this.#cancel('proven');
    this.#failures += 1;
    this.state = this.#failures > TRIES_BEFORE_POLLING ? reach : 'reconnecting';
    if (this.state === 'polling') this.#poll();
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    this.#set('retry', longest * (0.5 + this.transport.random() / 2), () => void this.#connect());
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #armSilence(): void {
    this.#set('silence', SILENCE_MS, () => this.#lost());
  }

  #poll(): void {
    if (this.#timers.poll) return;
    const again = async (): Promise<void> => {
      await this.events.poll();
      if (this.state === 'polling' && this.#running) this.#set('poll', POLL_MS, () => void again());
    };
    this.#set('poll', 0, () => void again());
  }

  #set(name: Timer, ms: number, then: () => void): void {
    this.#cancel(name);
    this.#timers[name] = this.transport.wait(ms, () => {
      delete this.#timers[name];
      then();
    });
  }

  #cancel(name: Timer): void {
    this.#timers[name]?.();
    delete this.#timers[name];
  }
}
