/** What was told to others' webhooks, newest first, and one of them told once more. */

import type { Api } from '#api/client.ts';
import type { Notice, NoticeTarget, Page } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';
import { replaced } from './ordering.ts';
import { duration, moment } from './words.ts';

const PAGE = 20;

export class Notices {
  /** Null until they have been read once. */
  items = $state.raw<Notice[] | null>(null);
  failure = $state.raw<unknown>(null);
  paging = new Doing();
  resending = new Doing();

  #cursor = $state<string | null>(null);
  hasMore = $derived(this.#cursor !== null);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    try {
      this.#take(await this.#read(null), []);
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  loadMore(): Promise<boolean> {
    return this.paging.run(async () => this.#take(await this.#read(this.#cursor), this.items ?? []));
  }

  /** It is told again to every webhook; until then it waits. */
  resend({ id }: Notice): Promise<boolean> {
    return this.resending.run(async () => (this.items = replaced(this.items ?? [], await this.api.post<Notice>(`/notices/${id}/resend`))));
  }

  #take(page: Page<Notice>, before: Notice[]): void {
    this.items = [...before, ...page.items];
    this.#cursor = page.next_cursor;
  }

  #read(cursor: string | null): Promise<Page<Notice>> {
    return this.api.get<Page<Notice>>(`/notices?limit=${PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
  }
}

/** How its last try went, and when the next one is: `answered 503 in 120 ms, 3 tries, again at 23 Nov, 04:10`. */
export function targetWords({ state, tries, try_at }: NoticeTarget): string {
  const last = tries.at(-1);
  if (!last) return 'not tried yet';
  const took = last.took_ms === null ? '' : ` in ${duration(last.took_ms)}`;
  const told = last.failure ?? (last.status === null ? 'under way' : `answered ${last.status}${took}`);
  return [told, tries.length > 1 ? `${tries.length} tries` : '', state === 'waiting' && try_at ? `again at ${moment(try_at)}` : ''].filter((part) => part !== '').join(', ');
}
