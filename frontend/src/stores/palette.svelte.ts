/** The palette: what is asked of it, and what it finds among the issues: the recent ones at once, the others as the server finds them. */

import type { Api } from '#api/client.ts';
import type { IssueCard } from '#api/shapes.ts';

export interface PaletteWorld {
  recent(): IssueCard[];
  wait(ms: number, then: () => void): () => void;
}

const MOST = 8;
const PAUSE_MS = 150; // between two letters nobody waits for an answer

export class Palette {
  isOpen = $state(false);
  query = $state('');
  found = $state<IssueCard[]>([]);
  isSearching = $state(false);
  #cancel: (() => void) | null = null;
  #asked = 0;

  constructor(
    private readonly api: Api,
    private readonly world: PaletteWorld,
  ) {}

  /** It is on its way to the screen, and whatever is typed from here on is meant for it. */
  open(): void {
    this.isOpen = true;
    this.query = '';
  }

  /** True for a key that is meant for the palette while its field is not there yet to take it. */
  take(key: string): boolean {
    if (!this.isOpen) return false;
    if (key === 'Escape') this.isOpen = false;
    else if (key === 'Backspace') this.query = this.query.slice(0, -1);
    else if (key.length === 1) this.query += key;
    else return key === 'Enter'; // which is not for what still has the focus either
    return true;
  }

  /** `found` is what fits the words, first by what is known here, then by what the server finds. */
  search(words: string): void {
    const asked = ++this.#asked;
    const wanted = words.trim().toLowerCase();
    this.#cancel?.();
    this.found = this.world
      .recent()
      .filter(({ identifier, title }) => `${identifier} ${title}`.toLowerCase().includes(wanted))
      .slice(0, wanted ? MOST : 5);
    this.isSearching = wanted !== '';
    if (wanted) this.#cancel = this.world.wait(PAUSE_MS, () => void this.#ask(wanted, asked));
  }

  async #ask(wanted: string, asked: number): Promise<void> {
    try {
      const { items } = await this.api.get<{ items: IssueCard[] }>(`/search?q=${encodeURIComponent(wanted)}&limit=${MOST}`);
      if (asked === this.#asked) this.found = items;
    } catch {
      // What is known here stays shown.
    } finally {
      if (asked === this.#asked) this.isSearching = false;
    }
  }
}
