/** What the palette finds among the issues: the recent ones at once, the others as the server finds them. */

import type { Api } from '#api/client.ts';
import type { IssueCard } from '#api/shapes.ts';

export interface PaletteWorld {
  recent(): IssueCard[];
  wait(ms: number, then: () => void): () => void;
}

const MOST = 8;
const PAUSE_MS = 150; // between two letters nobody waits for an answer

export class Palette {
  found = $state<IssueCard[]>([]);
  isSearching = $state(false);
  #cancel: (() => void) | null = null;
  #asked = 0;

  constructor(
    private readonly api: Api,
    private readonly world: PaletteWorld,
  ) {}

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
