/** Finds an error to choose: by its words, without the one it is chosen for. */

import { sentenceOf, type Api } from '#api/client.ts';
import type { FamilyCard, Page } from '#api/shapes.ts';

export interface PickingWorld {
  api: Api;
  wait(ms: number, then: () => void): () => void;
}

const MOST = 20;
const PAUSE_MS = 200; // between two letters nobody waits for an answer

export class ErrorPicker {
  /** Null until they have been read once. */
  found = $state.raw<FamilyCard[] | null>(null);
  refusal = $state<string | null>(null);
  #cancel: (() => void) | null = null;
  #asked = 0;

  constructor(
    private readonly world: PickingWorld,
    /** Its own id. */
    private readonly except: string,
  ) {}

  search(words: string): void {
    const asked = ++this.#asked;
    this.#cancel?.();
    this.#cancel = this.world.wait(this.found === null ? 0 : PAUSE_MS, () => void this.#ask(words.trim(), asked));
  }

  async #ask(query: string, asked: number): Promise<void> {
    try {
      const { items } = await this.world.api.get<Page<FamilyCard>>(`/errors?${new URLSearchParams({ ...(query && { query }), limit: String(MOST) })}`);
      if (asked !== this.#asked) return;
      this.found = items.filter(({ id }) => id !== this.except);
      this.refusal = null;
    } catch (error) {
      if (asked === this.#asked) this.refusal = sentenceOf(error);
    }
  }
}
