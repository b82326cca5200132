/** The runs of the whole fleet, newest first, filtered by the server, a page at a time. */

import type { Api } from '#api/client.ts';
import type { Outcome, Page, RunState, RunSummary, Workflow } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';
import type { Feed } from './feed.svelte.ts';
import { Following } from './following.ts';

export interface RunsFilter {
  workflow: Workflow | '';
  outcome: Outcome | '';
  state: RunState | '';
}

const PAGE = 25;
const EVERY: RunsFilter = { workflow: '', outcome: '', state: '' };

export class RunsList {
  filter = $state.raw<RunsFilter>(EVERY);
  /** Null until they have been read once under this filter. */
  items = $state.raw<RunSummary[] | null>(null);
  failure = $state.raw<unknown>(null);
  paging = new Doing();

  #cursor = $state<string | null>(null);
  #following: Following;

  hasMore = $derived(this.#cursor !== null);
  isFiltered = $derived(Object.values(this.filter).some((value) => value !== ''));

  constructor(
    private readonly api: Api,
    feed: Pick<Feed, 'watch'>,
  ) {
    this.#following = new Following({ feed, topic: 'fleet', read: () => this.#read() });
  }

  start(filter: Partial<RunsFilter> = {}): void {
    this.filter = { ...EVERY, ...filter };
    this.#following.start();
  }

  stop(): void {
    this.#following.stop();
  }

  retry(): void {
    void this.#following.readAgain();
  }

  /** Only such runs are shown. */
  choose(change: Partial<RunsFilter>): void {
    this.filter = { ...this.filter, ...change };
    this.items = null;
    this.retry();
  }

  /** The next page stands beneath. */
  loadMore(): Promise<boolean> {
    return this.paging.run(async () => {
      const { filter } = this;
      const page = await this.#page(this.#cursor);
      if (filter !== this.filter) return; // they are of a filter that holds no more
      this.items = joined(this.items ?? [], page.items);
      this.#cursor = page.next_cursor;
    });
  }

  async #read(): Promise<void> {
    const { filter } = this;
    try {
      const page = await this.#page(null);
      if (filter !== this.filter) return;
      const older = olderThan(this.items ?? [], page.items);
      if (older.length === 0) this.#cursor = page.next_cursor;
      this.items = [...page.items, ...older];
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  #page(cursor: string | null): Promise<Page<RunSummary>> {
    const asked = Object.entries({ ...this.filter, cursor: cursor ?? '' }).filter(([, value]) => value !== '');
    return this.api.get<Page<RunSummary>>(`/runs?${new URLSearchParams([...asked, ['limit', String(PAGE)]])}`);
  }
}

/** What was read of further pages stays beneath a first page that is read anew. */
function olderThan(known: RunSummary[], first: RunSummary[]): RunSummary[] {
  const last = first.at(-1);
  if (!last || first.length < PAGE) return [];
  const ids = new Set(first.map(({ id }) => id));
  return known.filter(({ id, created_at }) => !ids.has(id) && created_at < last.created_at);
}

function joined(known: RunSummary[], further: RunSummary[]): RunSummary[] {
  const ids = new Set(known.map(({ id }) => id));
  return [...known, ...further.filter(({ id }) => !ids.has(id))];
}
