/**
 * The one socket: everything that moves on a screen comes through `watch`.
 *
 * Each watcher gets every frame of its topic after the seq it names, once, in order, through cuts, gaps and
 * restarts. Where sockets are blocked the same frames are read over HTTP. What frames mean is the other stores' business.
 */

import { Problem } from '#api/client.ts';
import type { Frame } from '#api/shapes.ts';
import { Cursor } from './cursor.ts';
import { Line, type FeedState } from './line.svelte.ts';
import { Pieces, type Piece } from './pieces.ts';
import { Topics, type Refusal, type Watcher } from './topics.ts';
import type { FeedTransport } from './transport.ts';

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

interface Said {
  topic?: string;
  seq?: number;
  frames?: Frame[];
  piece?: Piece;
  ping?: Record<string, number>;
  error?: Refusal & { topic?: string };
}

const ASK_AGAIN_MS = 2_000;
const END_OF_FEED = 2 ** 31 - 1;

export class Feed {
  #transport: FeedTransport;
  #line: Line;
  #topics: Topics;
  #pieces = new Pieces();

  constructor(transport: FeedTransport) {
    this.#transport = transport;
    this.#topics = new Topics({
      send: (message) => this.#line.send(message),
      isLive: () => this.state === 'live',
      read: (topic, after, limit) => transport.read(topic, after, limit),
      wait: (ms, then) => transport.wait(ms, then),
    });
    this.#line = new Line(transport, {
      opened: () => this.#opened(),
      said: (text) => this.#heard(text),
      poll: () => this.#topics.catchUpAll(),
    });
  }

  get state(): FeedState {
    return this.#line.state;
  }

  /** From here on the feed is connected, or tries to be. */
  start(): void {
    this.#line.start();
  }

  /** The socket is closed and every watcher forgotten: the person has signed out. */
  stop(): void {
    this.#line.stop();
    this.#topics.clear();
  }

  /** Tries again at once: the machine is back on the net, or the page back in sight. */
  nudge(): void {
    this.#line.nudge();
  }

  /** Frames of the topic go to `onFrame` until the returned function is called. */
  watch(name: string, { after, onFrame, onPlaced, onForgotten, onRefused }: WatchOptions): () => void {
    const watcher: Watcher = { cursor: new Cursor(0, onFrame), onForgotten, onRefused };
    let wanted = true;
    const place = (seq: number): void => {
      if (!wanted) return;
      this.#topics.add(name, watcher, seq);
      onPlaced?.();
    };
    if (after === 'now') void this.#findNow(name, place);
    else place(after);
    return () => {
      wanted = false;
      this.#topics.remove(name, watcher);
    };
  }

  /** True when the words went out; the caller falls back to HTTP when not. */
  say(to: { chat: string } | { run: string }, text: string): boolean {
    if (this.state !== 'live') return false;
    this.#line.send({ say: { ...to, text } });
    return true;
  }

  async #findNow(name: string, place: (seq: number) => void): Promise<void> {
    try {
      place((await this.#transport.read(name, END_OF_FEED, 1)).newest);
    } catch (error) {
      if (error instanceof Problem && !error.isOffline && error.status < 500) return;
      this.#transport.wait(ASK_AGAIN_MS, () => void this.#findNow(name, place));
    }
  }

  #opened(): void {
    this.#pieces.clear();
    this.#topics.askAll();
  }

  #heard(text: string): void {
    const said = JSON.parse(text) as Said;
    if (said.frames) {
      for (const frame of said.frames) this.#topics.take(frame);
    } else if (said.piece) {
      const whole = this.#pieces.join(said.piece);
      if (whole !== null) this.#heard(whole);
    } else if (said.ping) {
      for (const [name, newest] of Object.entries(said.ping)) this.#topics.hearNewest(name, newest);
    } else if (said.error) {
      const { topic, ...refusal } = said.error;
      if (topic !== undefined) this.#topics.refuse(topic, refusal);
    } else if (said.topic !== undefined && said.seq !== undefined) {
      this.#topics.take(said as Frame);
    }
  }
}
