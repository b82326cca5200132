/** What webhooks delivered, newest first, and one of them heard once more. */

import type { Api } from '#api/client.ts';
import type { Delivery, Page } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';

const PAGE = 20;

/** Who delivers, by the names of their doors. */
export const SOURCES = ['github', 'loki', 'sentry'] as const;

export type DeliveryState = 'handled' | 'waits' | 'tried again' | 'given up';

export class Deliveries {
  /** Null until they have been read once. */
  items = $state.raw<Delivery[] | null>(null);
  failure = $state.raw<unknown>(null);
  paging = new Doing();
  replaying = new Doing();

  /** Empty: every source. */
  source = $state('');
  isFailedOnly = $state(false);

  #cursor = $state<string | null>(null);
  hasMore = $derived(this.#cursor !== null);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    const asked = this.#asked();
    try {
      const page = await this.#read(null);
      if (asked !== this.#asked()) return; // it is of a filter that holds no more
      this.#take(page, []);
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  /** Only such deliveries are shown. */
  choose(change: { source?: string; isFailedOnly?: boolean }): Promise<void> {
    Object.assign(this, change);
    this.items = null;
    return this.load();
  }

  loadMore(): Promise<boolean> {
    return this.paging.run(async () => this.#take(await this.#read(this.#cursor), this.items ?? []));
  }

  /** It is heard once more within a minute; until then it waits. */
  replay({ source, id }: Delivery): Promise<boolean> {
    return this.replaying.run(async () => {
      await this.api.post(`/deliveries/${encodeURIComponent(source)}/${encodeURIComponent(id)}/replay`);
      await this.load();
    });
  }

  #take(page: Page<Delivery>, before: Delivery[]): void {
    this.items = [...before, ...page.items];
    this.#cursor = page.next_cursor;
  }

  #read(cursor: string | null): Promise<Page<Delivery>> {
    return this.api.get<Page<Delivery>>(`/deliveries?limit=${PAGE}${this.#asked()}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
  }

  #asked(): string {
    return `${this.source === '' ? '' : `&source=${encodeURIComponent(this.source)}`}${this.isFailedOnly ? '&failed=true' : ''}`;
  }
}

/** What has become of it. */
export function deliveryState({ handled_at, tries, try_at }: Delivery): DeliveryState {
  if (handled_at !== null) return 'handled';
  if (try_at === null) return 'given up';
  return tries === 0 ? 'waits' : 'tried again';
}
