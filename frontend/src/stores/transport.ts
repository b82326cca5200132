/** What the feed needs of the world: a browser gives it sockets, HTTP and timers, a test its own. */

import type { FeedPage, Ticket } from '#api/shapes.ts';

export interface FeedSocket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  opened(): void;
  said(text: string): void;
  closed(): void;
}

export interface FeedTransport {
  ticket(): Promise<Ticket>;
  open(url: string, events: SocketEvents): FeedSocket;
  read(topic: string, after: number, limit: number): Promise<FeedPage>;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  wait(ms: number, then: () => void): () => void;
  random(): number;
}
