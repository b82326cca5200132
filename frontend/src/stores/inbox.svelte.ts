/** What needs a person: plans to review, questions, blockers, failures. */

import type { Api } from '#api/client.ts';
import type { Inbox as InboxShape, InboxItem } from '#api/shapes.ts';
import type { Feed } from './feed.svelte.ts';
import { refresher } from './refresh.ts';

export class Inbox {
  /** Null until it has been read once. */
  items = $state<InboxItem[] | null>(null);
  count = $state(0);
  failure = $state<unknown>(null);

  #stop: (() => void) | null = null;
  #refresh: () => Promise<void>;

  constructor(
    private readonly api: Api,
    private readonly feed: Feed,
  ) {
    this.#refresh = refresher(() => this.#read());
  }

  /** From here on `items` is what the server shows. */
  start(): void {
    const again = (): void => void this.#refresh();
    this.#stop ??= this.feed.watch('inbox', { after: 'now', onFrame: again, onPlaced: again });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
    this.items = null;
  }

  retry(): void {
    void this.#refresh();
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
