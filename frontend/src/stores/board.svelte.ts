/**
 * The board: columns with their cards by page, kept current by the `board` feed, filtered, moved, folded.
 *
 * A column's cards stand as the server sorts them: most urgent first, then newest.
 */

import { sentenceOf, type Api } from '#api/client.ts';
import type { Board, BoardColumn, FeedPage, Frame, Issue, IssueCard, Label, Page, Priority, Status } from '#api/shapes.ts';
import { Closing } from './closing.svelte.ts';
import { Doing } from './doing.svelte.ts';
import type { Feed } from './feed.svelte.ts';

export interface BoardWorld {
  api: Api;
  feed: Pick<Feed, 'watch'>;
  wait(ms: number, then: () => void): () => void;
  /** What this browser remembers: which columns are folded. */
  remember: { read(): string | null; write(text: string): void };
}

export interface NewIssue {
  title: string;
  description: string;
  priority: Priority;
  status: string;
  labels: string[];
}

/** A column as the screen shows it. */
export interface ShownColumn {
  status: Status;
  total: number;
  cards: IssueCard[];
  hasMore: boolean;
  isFolded: boolean;
  isLoadingMore: boolean;
  /** Why the last further page did not come. */
  problem: string | null;
}

export type Direction = 'up' | 'down' | 'left' | 'right';

const END_OF_FEED = 2 ** 31 - 1;
const RECOUNT_MS = 1500;

export class BoardView {
  columns = $state.raw<BoardColumn[]>([]);
  labels = $state.raw<Label[]>([]);
  isLoaded = $state(false);
  error = $state.raw<unknown>(null);
  text = $state('');
  priorities = $state.raw<Priority[]>([]);
  /** Why the last move was taken back. */
  refusal = $state<string | null>(null);
  creating = new Doing();
  closing = new Closing();

  #folds = $state.raw<Record<string, boolean>>({});
  #paging = $state.raw<Record<string, true | string>>({});
  #unwatch: (() => void) | null = null;
  #recount: (() => void) | null = null;
  #isClosed = false;

  isFiltered = $derived(this.text.trim() !== '' || this.priorities.length > 0);
  shown = $derived(this.columns.map((column) => this.#show(column)));
  found = $derived(this.shown.reduce((sum, { cards }) => sum + cards.length, 0));
  total = $derived(this.columns.reduce((sum, { total }) => sum + total, 0));

  constructor(private readonly world: BoardWorld) {
    this.#folds = foldsFrom(world.remember.read());
  }

  /** Reads the board, then stays with it until `close`. */
  async load(): Promise<void> {
    this.error = null;
    try {
      const { newest } = await this.world.api.get<FeedPage>(`/feed/board?after=${END_OF_FEED}&limit=1`);
      const [board, labels] = await Promise.all([this.world.api.get<Board>('/board'), this.world.api.get<Page<Label> | Label[]>('/labels')]);
      this.columns = board.columns;
      this.labels = Array.isArray(labels) ? labels : labels.items;
      this.isLoaded = true;
      if (!this.#isClosed) this.#unwatch ??= this.world.feed.watch('board', { after: newest, onFrame: (frame) => this.#take(frame), onForgotten: () => void this.load() });
    } catch (error) {
      this.error = error;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch?.();
    this.#recount?.();
  }

  /** A further page of a column stands beneath its cards. */
  async loadMore(statusId: string): Promise<void> {
    const cursor = this.columns.find(({ status }) => status.id === statusId)?.next_cursor;
    if (!cursor || this.#paging[statusId] === true) return;
    this.#paging = { ...this.#paging, [statusId]: true };
    try {
      const page = await this.world.api.get<BoardColumn>(`/board/${statusId}?cursor=${encodeURIComponent(cursor)}`);
      const known = new Set(this.columns.flatMap(({ items }) => items.map(({ id }) => id)));
      const items = page.items.filter(({ id }) => !known.has(id));
      this.#edit(statusId, (column) => ({ ...column, items: [...column.items, ...items], next_cursor: page.next_cursor, total: page.total }));
      this.#paging = without(this.#paging, statusId);
    } catch (error) {
      this.#paging = { ...this.#paging, [statusId]: sentenceOf(error) };
    }
  }

  /** The card stands in that column at once, and goes back when the server says no, or wants a reason that nobody gives. */
  async move(id: string, statusId: string): Promise<boolean> {
    const card = this.find(id);
    const status = this.columns.find((column) => column.status.id === statusId)?.status;
    if (!card || !status || card.status.id === statusId) return false;
    this.refusal = null;
    this.#put({ ...card, status });
    try {
      const isDone = await this.closing.attempt(card.identifier, (reason) => this.world.api.patch<Issue>(`/issues/${id}`, { status: status.name, ...(reason && { reason }) }));
      if (!isDone) this.#putBack(card);
      return isDone;
    } catch (error) {
      this.#putBack(card);
      this.refusal = `${card.identifier} stays in ${card.status.name}. ${sentenceOf(error)}`;
      return false;
    }
  }

  /** The column beside a card's own, for moving with one key; null at the edge. */
  beside(id: string, by: 1 | -1): Status | null {
    const at = this.columns.findIndex(({ status }) => status.id === this.find(id)?.status.id);
    return at === -1 ? null : (this.columns[at + by]?.status ?? null);
  }

  /** The new issue, or null when it was refused (`creating.refusal` says why). */
  async create(wanted: NewIssue): Promise<Issue | null> {
    let made: Issue | null = null;
    await this.creating.run(async () => {
      made = await this.world.api.post<Issue>('/issues', wanted);
      this.#put(made);
    });
    return made;
  }

  toggleFold(statusId: string): void {
    const column = this.columns.find(({ status }) => status.id === statusId);
    if (!column) return;
    this.#folds = { ...this.#folds, [statusId]: !this.#isFolded(column.status) };
    this.world.remember.write(JSON.stringify(this.#folds));
  }

  togglePriority(priority: Priority): void {
    this.priorities = this.priorities.includes(priority) ? this.priorities.filter((known) => known !== priority) : [...this.priorities, priority];
  }

  clearFilter(): void {
    this.text = '';
    this.priorities = [];
  }

  find(id: string): IssueCard | null {
    for (const { items } of this.columns) {
      const card = items.find((item) => item.id === id);
      if (card) return card;
    }
    return null;
  }

  /** The card one step from `id` among those that are shown; the first one where `id` is shown no more. */
  neighbour(id: string | null, direction: Direction): string | null {
    const columns = this.shown.filter(({ isFolded, cards }) => !isFolded && cards.length > 0).map(({ cards }) => cards.map((card) => card.id));
    const column = columns.findIndex((ids) => id !== null && ids.includes(id));
    if (id === null || column === -1) return columns[0]?.[0] ?? null;
    const row = columns[column]?.indexOf(id) ?? 0;
    if (direction === 'up' || direction === 'down') return columns[column]?.[row + (direction === 'down' ? 1 : -1)] ?? id;
    const beside = columns[column + (direction === 'right' ? 1 : -1)];
    return beside ? (beside[Math.min(row, beside.length - 1)] ?? id) : id;
  }

  #take({ kind, data }: Frame): void {
    if (kind === 'issue.deleted') this.#drop((data as { id: string }).id);
    else if (kind.startsWith('issue.')) this.#hear(data as IssueCard, kind === 'issue.created');
  }

  #hear(card: IssueCard, isNew: boolean): void {
    // A card on a page not read yet: where it came from is not known, so the columns are counted anew.
    if (!isNew && !this.find(card.id)) this.#recountSoon();
    this.#put(card);
  }

  /** The card stands in the column of its status, and in no other. */
  #put(card: IssueCard): void {
    const before = this.find(card.id);
    this.columns = this.columns.map((column) => {
      const isHere = column.status.id === card.status.id;
      const wasHere = before?.status.id === column.status.id;
      if (!isHere && !wasHere) return column;
      const items = column.items.filter(({ id }) => id !== card.id);
      const total = column.total + (isHere && !wasHere ? 1 : 0) - (wasHere && !isHere ? 1 : 0);
      return { ...column, total, items: isHere ? inserted(items, card, column.next_cursor !== null) : items };
    });
  }

  /** The card stands where it was moved from. */
  #putBack(card: IssueCard): void {
    this.#put({ ...(this.find(card.id) ?? card), status: card.status });
  }

  #drop(id: string): void {
    const card = this.find(id);
    if (!card) return this.#recountSoon();
    this.#edit(card.status.id, (column) => ({ ...column, total: column.total - 1, items: column.items.filter((item) => item.id !== id) }));
  }

  #recountSoon(): void {
    this.#recount ??= this.world.wait(RECOUNT_MS, () => {
      this.#recount = null;
      void this.#countAnew();
    });
  }

  async #countAnew(): Promise<void> {
    try {
      const { columns } = await this.world.api.get<Board>('/board');
      for (const { status, total } of columns) this.#edit(status.id, (column) => ({ ...column, total }));
    } catch {
      // The next card that moves asks again.
    }
  }

  #edit(statusId: string, edit: (column: BoardColumn) => BoardColumn): void {
    this.columns = this.columns.map((column) => (column.status.id === statusId ? edit(column) : column));
  }

  #show(column: BoardColumn): ShownColumn {
    const { status, total, items, next_cursor } = column;
    const paging = this.#paging[status.id];
    return {
      status,
      total,
      cards: this.isFiltered ? items.filter((card) => this.#fits(card)) : items,
      hasMore: next_cursor !== null,
      isFolded: this.#isFolded(status),
      isLoadingMore: paging === true,
      problem: typeof paging === 'string' ? paging : null,
    };
  }

  #isFolded(status: Status): boolean {
    return this.#folds[status.id] ?? status.is_closed;
  }

  #fits({ identifier, title, priority, labels }: IssueCard): boolean {
    if (this.priorities.length > 0 && !this.priorities.includes(priority)) return false;
    const words = this.text.trim().toLowerCase().split(/\s+/);
    const said = [identifier, title, ...labels.map(({ name }) => name)].join(' ').toLowerCase();
    return words.every((word) => said.includes(word));
  }
}

/** The card at its place; beneath the last one read it waits for its page, where there is a further one. */
function inserted(items: IssueCard[], card: IssueCard, hasMore: boolean): IssueCard[] {
  const at = items.findIndex((item) => comesBefore(card, item));
  if (at === -1) return hasMore && items.length > 0 ? items : [...items, card];
  return [...items.slice(0, at), card, ...items.slice(at)];
}

function comesBefore(a: IssueCard, b: IssueCard): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  if (a.created_at !== b.created_at) return a.created_at > b.created_at;
  return a.id > b.id;
}

function foldsFrom(text: string | null): Record<string, boolean> {
  try {
    const read: unknown = JSON.parse(text ?? '{}');
    return typeof read === 'object' && read !== null ? (read as Record<string, boolean>) : {};
  } catch {
    return {};
  }
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
