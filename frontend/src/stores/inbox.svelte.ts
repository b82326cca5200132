/** What needs a person: plans to review, questions, blockers, failures. */

import type { Api } from '#api/client.ts';
import type { Inbox as InboxShape, InboxItem } from '#api/shapes.ts';
import type { Feed } from './feed.svelte.ts';
import { Following } from './following.ts';

export class Inbox {
  /** Null until it has been read once. */
  items = $state<InboxItem[] | null>(null);
  count = $state(0);
  failure = $state<unknown>(null);

  #following: Following;

  constructor(
    private readonly api: Api,
    feed: Feed,
  ) {
    this.#following = new Following({ feed, topic: 'inbox', read: () => this.#read() });
  }

  /** From here on `items` is what the server shows. */
  start(): void {
    this.#following.start();
  }

  stop(): void {
    this.#following.stop();
    this.items = null;
  }

  retry(): void {
    void this.#following.readAgain();
  }

  async #read(): Promise<void> {
    try {
      const { items, count } = await this.api.get<InboxShape>('/inbox');
      this.items = items;
      this.count = count;
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }
}
