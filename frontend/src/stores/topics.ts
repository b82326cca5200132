/**
 * Who watches what: hands every frame of a topic to its watchers, and asks again for what did not come.
 *
 * A gap is first asked for over the socket, then read over HTTP. How the socket is kept is the line's business.
 */

import type { FeedPage, Frame } from '#api/shapes.ts';
import { Cursor } from './cursor.ts';

export interface Refusal {
  code: string;
  detail: string;
}

export interface Watcher {
  cursor: Cursor;
  onForgotten: (() => void) | undefined;
  onRefused: ((refusal: Refusal) => void) | undefined;
}

export interface TopicsWorld {
  send(message: object): void;
  isLive(): boolean;
  read(topic: string, after: number, limit: number): Promise<FeedPage>;
  wait(ms: number, then: () => void): () => void;
}

interface Topic {
  watchers: Set<Watcher>;
  newest: number;
  repair: (() => void) | null;
}

const REPAIR_MS = 250; // frames of two servers may overtake each other by this much
const REPAIR_AGAIN_MS = 1_500;
const PAGE = 500;

export class Topics {
  #topics = new Map<string, Topic>();

  constructor(private readonly world: TopicsWorld) {}

  /** The watcher gets the topic's frames after that seq. */
  add(name: string, watcher: Watcher, after: number): void {
    watcher.cursor.last = after;
    const topic = this.#topics.get(name) ?? { watchers: new Set(), newest: 0, repair: null };
    const isServed = topic.watchers.size > 0 && after >= lowestOf(topic) && !isBehind(topic);
    topic.watchers.add(watcher);
    this.#topics.set(name, topic);
    if (isServed && after >= topic.newest) return;
    this.#ask(name);
  }

  remove(name: string, watcher: Watcher): void {
    const topic = this.#topics.get(name);
    if (!topic?.watchers.delete(watcher) || topic.watchers.size > 0) return;
    topic.repair?.();
    this.#topics.delete(name);
    this.world.send({ unwatch: name });
  }

  clear(): void {
    this.#topics.forEach((topic) => topic.repair?.());
    this.#topics.clear();
  }

  /** Every topic is asked for from where its watchers stand: the socket is new. */
  askAll(): void {
    for (const name of this.#topics.keys()) this.#ask(name);
  }

  /** What is new on every topic is read over HTTP. */
  async catchUpAll(): Promise<void> {
    await Promise.all([...this.#topics.keys()].map((name) => this.#catchUp(name)));
  }

  take(frame: Frame): void {
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    topic.newest = Math.max(topic.newest, frame.seq); // first, for a watcher that comes while it is handed out
    offer(topic, frame);
    if (isBehind(topic)) this.#repairSoon(frame.topic, topic, REPAIR_MS);
  }

  /** The topic has come this far; whoever is not there misses something. */
  hearNewest(name: string, newest: number): void {
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.newest = Math.max(topic.newest, newest);
    if (isBehind(topic)) this.#repairSoon(name, topic, REPAIR_MS);
  }

  refuse(name: string, refusal: Refusal): void {
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.repair?.();
    this.#topics.delete(name);
    for (const { onRefused } of topic.watchers) onRefused?.(refusal);
  }

  #ask(name: string): void {
    const topic = this.#topics.get(name);
    if (topic) this.world.send({ watch: name, after: lowestOf(topic) });
  }

  #repairSoon(name: string, topic: Topic, ms: number): void {
    if (topic.repair) return;
    topic.repair = this.world.wait(ms, () => {
      topic.repair = null;
      if (!this.world.isLive() || !isBehind(topic)) return;
      this.#ask(name);
      topic.repair = this.world.wait(REPAIR_AGAIN_MS, () => {
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
        const { frames, newest } = await this.world.read(name, lowestOf(topic), PAGE);
        topic.newest = Math.max(topic.newest, newest);
        skipForgotten(topic, (frames[0]?.seq ?? newest + 1) - 1);
        for (const frame of frames) offer(topic, frame);
        more = (frames.at(-1)?.seq ?? newest) < newest;
      }
    } catch {
      // The next poll, ping or reconnect asks again.
    }
  }
}

function offer(topic: Topic, frame: Frame): void {
  for (const { cursor } of [...topic.watchers]) cursor.offer(frame);
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
