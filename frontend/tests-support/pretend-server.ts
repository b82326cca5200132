/** A server for the feed store's tests: keeps every frame, speaks over a bad line, and has its own clock. */

import type { FeedPage, Frame, Ticket } from '#api/shapes.ts';
import type { FeedSocket, FeedTransport, SocketEvents } from '#stores/transport.ts';

/** What happens to one message on the way: nothing, loss, doubling, or being overtaken by the next. */
export type Fate = 'arrives' | 'lost' | 'doubled' | 'late';

interface Timer {
  at: number;
  then: () => void;
}

export class PretendServer implements FeedTransport {
  now = 0;
  socketsWork = true;
  httpWorks = true;
  fates: Fate[] = [];
  pieceLength = Infinity;
  reads = 0;
  heard: unknown[] = [];
  #frames = new Map<string, Frame[]>();
  #timers = new Set<Timer>();
  #line: { events: SocketEvents; watched: Set<string> } | null = null;
  #late: string[] = [];
  #pieces = 0;
  #forgotten = new Map<string, number>();

  ticket(): Promise<Ticket> {
    if (!this.httpWorks) return Promise.reject(new Error('unreachable'));
    return Promise.resolve({ ticket: 't', url: 'ws://here/ws', expires_at: '' });
  }

  open(_url: string, events: SocketEvents): FeedSocket {
    const line = { events, watched: new Set<string>() };
    this.wait(1, () => {
      if (!this.socketsWork) return events.closed();
      this.#line = line;
      events.opened();
    });
    return {
      send: (text) => this.#line === line && this.#hear(text),
      close: () => {
        if (this.#line === line) this.#line = null;
      },
    };
  }

  read(topic: string, after: number, limit: number): Promise<FeedPage> {
    this.reads += 1;
    if (!this.httpWorks) return Promise.reject(new Error('unreachable'));
    return Promise.resolve({ topic, frames: this.#kept(topic, after).slice(0, limit), newest: this.#frames.get(topic)?.length ?? 0 });
  }

  wait(ms: number, then: () => void): () => void {
    const timer = { at: this.now + ms, then };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  random(): number {
    return 0.5;
  }

  publish(topic: string, data: unknown = null, kind = 'test.said'): void {
    const frames = this.#frames.get(topic) ?? [];
    const frame = { topic, seq: frames.length + 1, kind, at: '', data };
    this.#frames.set(topic, [...frames, frame]);
    if (this.#line?.watched.has(topic)) this.#push(frame);
  }

  ping(): void {
    const watched = [...(this.#line?.watched ?? [])];
    this.#line?.events.said(JSON.stringify({ ping: Object.fromEntries(watched.map((name) => [name, this.#frames.get(name)?.length ?? 0])), at: '' }));
  }

  cut(): void {
    const line = this.#line;
    this.#line = null;
    this.#late = [];
    line?.events.closed();
  }

  refuse(topic: string): void {
    this.#line?.events.said(JSON.stringify({ error: { code: 'forbidden', detail: 'Not yours.', topic } }));
  }

  /** Lets so much time pass, with every timer and promise that falls into it. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.now = next.at;
      next.then();
      await settle();
    }
    this.now = end;
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }

  #hear(text: string): void {
    const said = JSON.parse(text) as { watch?: string; unwatch?: string; after?: number };
    this.heard.push(said);
    if (said.unwatch !== undefined) this.#line?.watched.delete(said.unwatch);
    if (said.watch === undefined) return;
    this.#line?.watched.add(said.watch);
    const missed = this.#kept(said.watch, said.after ?? 0);
    if (missed.length === 1) this.#push(missed[0]);
    if (missed.length > 1) this.#push({ frames: missed });
  }

  /** Frames of the topic up to this seq are kept no more. */
  forget(topic: string, upTo: number): void {
    this.#forgotten.set(topic, upTo);
  }

  #kept(topic: string, after: number): Frame[] {
    return (this.#frames.get(topic) ?? []).filter(({ seq }) => seq > Math.max(after, this.#forgotten.get(topic) ?? 0));
  }

  #push(message: unknown): void {
    for (const part of this.#cutUp(JSON.stringify(message))) this.#carry(part);
  }

  #cutUp(text: string): string[] {
    if (text.length <= this.pieceLength) return [text];
    const of = Math.ceil(text.length / this.pieceLength);
    const id = String(++this.#pieces);
    return Array.from({ length: of }, (_, n) =>
      JSON.stringify({ piece: { id, n, of, text: text.slice(n * this.pieceLength, (n + 1) * this.pieceLength) } }),
    );
  }

  #carry(message: string): void {
    const fate = this.fates.shift() ?? 'arrives';
    if (fate === 'late') return void this.#late.push(message);
    if (fate === 'lost') return;
    this.#line?.events.said(message);
    if (fate === 'doubled') this.#line?.events.said(message);
    for (const late of this.#late.splice(0)) this.#line?.events.said(late);
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}
