/**
 * One error on the screen: its wordings, its sightings, what was tried; and what a person does with it.
 *
 * The `errors` feed keeps it current: what changes often comes with the frames, the rest is read anew.
 */

import type { Api } from '#api/client.ts';
import type { FamilyCard, FamilyWhole, Frame, Mute, Page, Sighting } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';
import type { Feed } from './feed.svelte.ts';
import { Following } from './following.ts';

export interface FamilyWorld {
  api: Api;
  feed: Pick<Feed, 'watch'>;
}

export interface NewMute {
  scope: Mute['scope'];
  because: string;
  /** Null: until somebody ends it. */
  until: string | null;
}

const PAGE = 20;

export class FamilyView {
  family = $state.raw<FamilyWhole | null>(null);
  error = $state.raw<unknown>(null);
  /** Null until they have been read once. */
  sightings = $state.raw<Sighting[] | null>(null);
  sightingsError = $state.raw<unknown>(null);
  /** The hashes of the wordings that a person has chosen. */
  chosen = $state.raw<string[]>([]);

  paging = new Doing();
  splitting = new Doing();
  merging = new Doing();
  muting = new Doing();

  #cursor = $state<string | null>(null);
  #following: Following;

  hasMore = $derived(this.#cursor !== null);
  /** What is left must be something, too. */
  canSplit = $derived(this.chosen.length > 0 && this.chosen.length < (this.family?.wordings.length ?? 0));

  constructor(
    readonly ref: string,
    private readonly world: FamilyWorld,
  ) {
    this.#following = new Following({ feed: world.feed, topic: 'errors', read: () => this.#read(), onFrame: (frame) => this.#take(frame) });
  }

  start(): void {
    this.#following.start();
  }

  stop(): void {
    this.#following.stop();
  }

  retry(): void {
    void this.#following.readAgain();
  }

  loadMore(): Promise<boolean> {
    return this.paging.run(async () => this.#show(await this.#page(this.#cursor), this.sightings ?? []));
  }

  choose(hash: string, isChosen: boolean): void {
    this.chosen = isChosen ? [...this.chosen, hash] : this.chosen.filter((known) => known !== hash);
  }

  /** The chosen wordings are an error of their own: its id, or null when it was refused. */
  split(because: string): Promise<string | null> {
    return this.#sort(this.splitting, '/split', { fingerprints: this.chosen, because: because.trim() });
  }

  /** This error is part of that one: its id, or null when it was refused. */
  merge(into: FamilyCard, because: string): Promise<string | null> {
    return this.#sort(this.merging, '/merge', { into: into.id, because: because.trim() });
  }

  /** It is counted, and opens nothing. */
  mute({ scope, because, until }: NewMute): Promise<boolean> {
    return this.muting.run(async () => {
      if (!this.family) return;
      const value = scope === 'source' ? this.family.source : this.family.name;
      const mute = await this.world.api.post<Mute>('/mutes', { scope, value, because: because.trim(), until });
      this.family = { ...this.family, mute };
    });
  }

  unmute({ id }: Mute): Promise<boolean> {
    return this.muting.run(async () => {
      await this.world.api.delete(`/mutes/${id}`);
      if (this.family) this.family = { ...this.family, mute: null };
      this.retry(); // its source may be muted, too
    });
  }

  async #sort(doing: Doing, path: string, body: object): Promise<string | null> {
    let made: FamilyWhole | null = null;
    await doing.run(async () => (made = await this.world.api.post<FamilyWhole>(this.#path(path), body)));
    return (made as FamilyWhole | null)?.id ?? null;
  }

  async #read(): Promise<void> {
    await Promise.all([this.#readFamily(), this.#readSightings()]);
  }

  async #readFamily(): Promise<void> {
    try {
      this.family = await this.world.api.get<FamilyWhole>(this.#path(''));
      this.chosen = this.chosen.filter((hash) => this.family?.wordings.some((wording) => wording.hash === hash));
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  async #readSightings(): Promise<void> {
    try {
      const page = await this.#page(null);
      const ids = new Set(page.items.map(({ id }) => id));
      const last = page.items.at(-1);
      const older = last && page.next_cursor ? (this.sightings ?? []).filter(({ id, last_seen }) => !ids.has(id) && last_seen < last.last_seen) : [];
      this.sightings = [...page.items, ...older];
      if (older.length === 0) this.#cursor = page.next_cursor;
      this.sightingsError = null;
    } catch (error) {
      this.sightingsError = error;
    }
  }

  #take({ data }: Frame): void {
    const card = data as FamilyCard;
    if (card.id !== this.family?.id) return;
    this.family = { ...this.family, ...card };
    this.retry();
  }

  #show(page: Page<Sighting>, before: Sighting[]): void {
    const ids = new Set(before.map(({ id }) => id));
    this.sightings = [...before, ...page.items.filter(({ id }) => !ids.has(id))];
    this.#cursor = page.next_cursor;
  }

  #page(cursor: string | null): Promise<Page<Sighting>> {
    return this.world.api.get<Page<Sighting>>(`${this.#path('/sightings')}?limit=${PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
  }

  #path(path: string): string {
    return `/errors/${encodeURIComponent(this.ref)}${path}`;
  }
}
