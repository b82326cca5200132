/**
 * The one socket: everything that moves on a screen comes through `watch`.
 *
 * Each watcher gets every frame of its topic after the seq it names, once, in order, through cuts, gaps and
 * restarts. Where sockets are blocked the same frames are read over HTTP. What frames mean is the other stores' business.
 */

import { Problem } from '#api/client.ts';
import type { FeedPage, Frame, Ticket } from '#api/shapes.ts';
import { Cursor } from './cursor.ts';
import { Pieces, type Piece } from './pieces.ts';

/** `polling`: sockets do not get through, HTTP does; `offline`: neither does. */
export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'offline';

export interface FeedSocket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  opened(): void;
  said(text: string): void;
  closed(): void;
}

/** What the feed needs of the world; a test hands in its own. */
export interface FeedTransport {
  ticket(): Promise<Ticket>;
  open(url: string, events: SocketEvents): FeedSocket;
  read(topic: string, after: number, limit: number): Promise<FeedPage>;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  wait(ms: number, then: () => void): () => void;
  random(): number;
}

export interface Refusal {
  code: string;
  detail: string;
}

export interface WatchOptions {
  /** The last seq already known, or `now` for what happens from here on. */
  after: number | 'now';
  onFrame: (frame: Frame) => void;
  /** The place in the feed is known: what is read from here on is not older than the first frame. */
  onPlaced?: () => void;
  /** Frames that came while nobody looked are kept no more: what is shown has to be read anew. */
  onForgotten?: () => void;
  /** The topic is not ours to watch, or is no more. */
  onRefused?: (refusal: Refusal) => void;
}

interface Watcher {
  cursor: Cursor;
  onForgotten: (() => void) | undefined;
  onRefused: ((refusal: Refusal) => void) | undefined;
}

interface Topic {
  watchers: Set<Watcher>;
  newest: number;
  repair: (() => void) | null;
}

type Timer = 'retry' | 'silence' | 'proven' | 'poll';

interface Said {
  topic?: string;
  seq?: number;
  frames?: Frame[];
  piece?: Piece;
  ping?: Record<string, number>;
  error?: Refusal & { topic?: string };
}

const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10_000;
const SILENCE_MS = 45_000; // the server pings every 20 s: two missed pings are a dead line
const PROVEN_MS = 5_000; // a connection this old was a real one
const POLL_MS = 2_000;
const TRIES_BEFORE_POLLING = 2;
const REPAIR_MS = 250; // frames of two servers may overtake each other by this much
const REPAIR_AGAIN_MS = 1_500;
const PAGE = 500;
const END_OF_FEED = 2 ** 31 - 1;

export class Feed {
  state = $state<FeedState>('connecting');

  #transport: FeedTransport;
  #topics = new Map<string, Topic>();
  #pieces = new Pieces();
  #socket: FeedSocket | null = null;
  #attempt = 0;
  #failures = 0;
  #running = false;
  #timers: Partial<Record<Timer, () => void>> = {};

  constructor(transport: FeedTransport) {
    this.#transport = transport;
  }

  /** From here on the feed is connected, or tries to be. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    this.state = 'connecting';
    void this.#connect();
  }

  /** The socket is closed and every watcher forgotten: the person has signed out. */
  stop(): void {
    this.#running = false;
    this.#attempt += 1;
    for (const name of ['retry', 'silence', 'proven', 'poll'] as const) this.#cancel(name);
    this.#topics.forEach((topic) => topic.repair?.());
    this.#topics.clear();
    this.#close();
  }

  /** Tries again at once: the machine is back on the net, or the page back in sight. */
  nudge(): void {
    if (!this.#running || this.#socket) return;
    void this.#connect();
  }

  /** Frames of the topic go to `onFrame` until the returned function is called. */
  watch(name: string, { after, onFrame, onPlaced, onForgotten, onRefused }: WatchOptions): () => void {
    const watcher: Watcher = { cursor: new Cursor(0, onFrame), onForgotten, onRefused };
    let wanted = true;
    const place = (seq: number): void => {
      if (!wanted) return;
      this.#add(name, watcher, seq);
      onPlaced?.();
    };
    if (after === 'now') void this.#findNow(name, place);
    else place(after);
    return () => {
      wanted = false;
      this.#remove(name, watcher);
    };
  }

  /** True when the words went out; the caller falls back to HTTP when not. */
  say(to: { chat: string } | { run: string }, text: string): boolean {
    if (this.state !== 'live') return false;
    this.#send({ say: { ...to, text } });
    return true;
  }

  // watching

  async #findNow(name: string, place: (seq: number) => void): Promise<void> {
    try {
      place((await this.#transport.read(name, END_OF_FEED, 1)).newest);
    } catch (error) {
      if (error instanceof Problem && !error.isOffline && error.status < 500) return;
      this.#transport.wait(POLL_MS, () => void this.#findNow(name, place));
    }
  }

  #add(name: string, watcher: Watcher, after: number): void {
    watcher.cursor.last = after;
    const topic = this.#topics.get(name) ?? { watchers: new Set(), newest: 0, repair: null };
    const isServed = topic.watchers.size > 0 && after >= lowestOf(topic) && !isBehind(topic);
    topic.watchers.add(watcher);
    this.#topics.set(name, topic);
    if (isServed && after >= topic.newest) return;
    this.#ask(name);
  }

  #remove(name: string, watcher: Watcher): void {
    const topic = this.#topics.get(name);
    if (!topic?.watchers.delete(watcher) || topic.watchers.size > 0) return;
    topic.repair?.();
    this.#topics.delete(name);
    this.#send({ unwatch: name });
  }

  #ask(name: string): void {
    const topic = this.#topics.get(name);
    if (topic) this.#send({ watch: name, after: lowestOf(topic) });
  }

  // the socket

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#cancel('retry');
    this.#close();
    try {
      const { url, ticket } = await this.#transport.ticket();
      if (attempt !== this.#attempt) return;
      const events = (act: (text: string) => void) => (text = '') => {
        if (attempt === this.#attempt) act(text);
      };
      this.#socket = this.#transport.open(`${url}${url.includes('?') ? '&' : '?'}ticket=${encodeURIComponent(ticket)}`, {
        opened: events(() => this.#opened()),
        said: events((text) => this.#heard(text)),
        closed: events(() => this.#lost()),
      });
      this.#armSilence();
    } catch {
      if (attempt === this.#attempt) this.#lost('offline');
    }
  }

  #opened(): void {
    this.state = 'live';
    this.#cancel('poll');
    this.#pieces.clear();
    this.#set('proven', PROVEN_MS, () => (this.#failures = 0));
    for (const name of this.#topics.keys()) this.#ask(name);
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
    this.#set('retry', longest * (0.5 + this.#transport.random() / 2), () => void this.#connect());
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #armSilence(): void {
    this.#set('silence', SILENCE_MS, () => this.#lost());
  }

  #send(message: object): void {
    if (this.state === 'live') this.#socket?.send(JSON.stringify(message));
  }

  // what is heard

  #heard(text: string): void {
    this.#armSilence();
    const said = JSON.parse(text) as Said;
    if (said.frames) {
      for (const frame of said.frames) this.#take(frame);
    } else if (said.piece) {
      const whole = this.#pieces.join(said.piece);
      if (whole !== null) this.#heard(whole);
    } else if (said.ping) {
      for (const [name, newest] of Object.entries(said.ping)) this.#heardNewest(name, newest);
    } else if (said.error) {
      this.#refused(said.error);
    } else if (said.topic !== undefined && said.seq !== undefined) {
      this.#take(said as Frame);
    }
  }

  #take(frame: Frame): void {
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    topic.newest = Math.max(topic.newest, frame.seq);
    for (const { cursor } of [...topic.watchers]) cursor.offer(frame);
    if (isBehind(topic)) this.#repairSoon(frame.topic, topic, REPAIR_MS);
  }

  #heardNewest(name: string, newest: number): void {
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.newest = Math.max(topic.newest, newest);
    if (isBehind(topic)) this.#repairSoon(name, topic, REPAIR_MS);
  }

  #refused({ topic: name, code, detail }: Refusal & { topic?: string }): void {
    const topic = name === undefined ? undefined : this.#topics.get(name);
    if (!topic || name === undefined) return;
    topic.repair?.();
    this.#topics.delete(name);
    for (const { onRefused } of topic.watchers) onRefused?.({ code, detail });
  }

  // gaps

  #repairSoon(name: string, topic: Topic, ms: number): void {
    if (topic.repair) return;
    topic.repair = this.#transport.wait(ms, () => {
      topic.repair = null;
      if (this.state !== 'live' || !isBehind(topic)) return;
      this.#ask(name);
      topic.repair = this.#transport.wait(REPAIR_AGAIN_MS, () => {
        topic.repair = null;
        if (isBehind(topic)) void this.#catchUp(name).then(() => isBehind(topic) && this.#repairSoon(name, topic, REPAIR_AGAIN_MS));
      });
    });
  }

  /** Reads over HTTP until nothing newer is known; says nothing when the server cannot be reached. */
  async #catchUp(name: string): Promise<void> {
    try {
      for (let more = true; more; ) {
        const topic = this.#topics.get(name);
        if (!topic) return;
        const { frames, newest } = await this.#transport.read(name, lowestOf(topic), PAGE);
        topic.newest = Math.max(topic.newest, newest);
        skipForgotten(topic, (frames[0]?.seq ?? newest + 1) - 1);
        for (const frame of frames) for (const { cursor } of [...topic.watchers]) cursor.offer(frame);
        more = (frames.at(-1)?.seq ?? newest) < newest;
      }
    } catch {
      // The next poll, ping or reconnect asks again.
    }
  }

  #poll(): void {
    if (this.#timers.poll) return;
    const again = async (): Promise<void> => {
      await Promise.all([...this.#topics.keys()].map((name) => this.#catchUp(name)));
      if (this.state === 'polling' && this.#running) this.#set('poll', POLL_MS, () => void again());
    };
    this.#set('poll', 0, () => void again());
  }

  #set(name: Timer, ms: number, then: () => void): void {
    this.#cancel(name);
    this.#timers[name] = this.#transport.wait(ms, () => {
      delete this.#timers[name];
      then();
    });
  }

  #cancel(name: Timer): void {
    this.#timers[name]?.();
    delete this.#timers[name];
  }
}

/** A page holds everything after the seq it was asked for: what stands before its first frame is kept no more. */
function skipForgotten(topic: Topic, before: number): void {
  for (const { cursor, onForgotten } of [...topic.watchers]) if (cursor.skipTo(before)) onForgotten?.();
}

function lowestOf(topic: Topic): number {
  return Math.min(...[...topic.watchers].map(({ cursor }) => cursor.last));
}

function isBehind(topic: Topic): boolean {
  return [...topic.watchers].some(({ cursor }) => cursor.hasGap || cursor.last < topic.newest);
}
