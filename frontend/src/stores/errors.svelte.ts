/** The errors that production reports: found by words, source, mute and issue, newest first, kept current by the `errors` feed. */

import type { Api } from '#api/client.ts';
import type { FamilyCard, Frame, Page } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';
import type { Feed } from './feed.svelte.ts';
import { Following } from './following.ts';

export interface ErrorsFilter {
  query: string;
  source: string;
  /** `true`, `false`, or everything. */
  muted: string;
  /** Whether its issue is open. */
  open: string;
}

export const FILTERS = ['query', 'source', 'muted', 'open'] as const;

const PAGE = 50;
const EVERY: ErrorsFilter = { query: '', source: '', muted: '', open: '' };

export class Errors {
  filter = $state.raw<ErrorsFilter>(EVERY);
  /** Null until they have been read once under this filter. */
  items = $state.raw<FamilyCard[] | null>(null);
  failure = $state.raw<unknown>(null);
  /** Every source that was heard of here, whatever the filter. */
  sources = $state.raw<string[]>([]);
  paging = new Doing();

  #cursor = $state<string | null>(null);
  #following: Following;

  hasMore = $derived(this.#cursor !== null);
  isFiltered = $derived(Object.values(this.filter).some((value) => value !== ''));

  constructor(
    private readonly api: Api,
    feed: Pick<Feed, 'watch'>,
  ) {
    this.#following = new Following({ feed, topic: 'errors', read: () => this.#read(), onFrame: (frame) => this.#take(frame) });
  }

  start(filter: Partial<ErrorsFilter> = {}): void {
    this.filter = { ...EVERY, ...filter };
    this.#following.start();
  }

  stop(): void {
    this.#following.stop();
  }

  retry(): void {
    void this.#following.readAgain();
  }

  /** Only such errors are shown. */
  choose(change: Partial<ErrorsFilter>): void {
    this.filter = { ...this.filter, ...change };
    this.items = null;
    this.#cursor = null;
    this.retry();
  }

  clear(): void {
    this.choose(EVERY);
  }

  /** The next page stands beneath. */
  loadMore(): Promise<boolean> {
    return this.paging.run(async () => {
      const { filter } = this;
      const page = await this.#page(this.#cursor);
      if (filter !== this.filter) return; // they are of a filter that holds no more
      this.#show(page.items, page.next_cursor);
    });
  }

  async #read(): Promise<void> {
    const { filter } = this;
    try {
      const page = await this.#page(null);
      if (filter !== this.filter) return;
      this.items = olderThan(page, this.items ?? []);
      this.#show(page.items, this.items.length === 0 ? page.next_cursor : this.#cursor);
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  /** A known error is shown as it is now; one that is new here is read with all others, where it belongs. */
  #take({ kind, data }: Frame): void {
    const card = data as FamilyCard;
    if (kind !== 'family.changed' || !this.items?.some(({ id }) => id === card.id)) return this.retry();
    if (this.#fits(card)) this.#show([card], this.#cursor);
    else this.items = this.items.filter(({ id }) => id !== card.id);
  }

  #show(cards: FamilyCard[], cursor: string | null): void {
    const ids = new Set(cards.map(({ id }) => id));
    this.items = latestFirst([...cards, ...(this.items ?? []).filter(({ id }) => !ids.has(id))]);
    this.sources = [...new Set([...this.sources, ...cards.map(({ source }) => source)])].sort();
    this.#cursor = cursor;
  }

  /** Whether what changes by itself still is as it was asked for. */
  #fits({ mute, issue }: FamilyCard): boolean {
    const { muted, open } = this.filter;
    if (muted !== '' && String(mute !== null) !== muted) return false;
    return open === '' || String(issue !== null && !issue.status.is_closed) === open;
  }

  #page(cursor: string | null): Promise<Page<FamilyCard>> {
    const asked = Object.entries({ ...this.filter, cursor: cursor ?? '' }).filter(([, value]) => value !== '');
    return this.api.get<Page<FamilyCard>>(`/errors?${new URLSearchParams([...asked, ['limit', String(PAGE)]])}`);
  }
}

/** What was read of further pages stays beneath a first page that is read anew. */
function olderThan({ items, next_cursor }: Page<FamilyCard>, known: FamilyCard[]): FamilyCard[] {
  const last = items.at(-1);
  return last && next_cursor !== null ? known.filter(({ last_seen }) => last_seen < last.last_seen) : [];
}

function latestFirst(cards: FamilyCard[]): FamilyCard[] {
  return cards.sort((a, b) => b.last_seen.localeCompare(a.last_seen) || b.id.localeCompare(a.id));
}
