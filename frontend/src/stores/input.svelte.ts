/** The terminal's input: what is being written, what was said before, and what is offered. */

import { complete, take, NOTHING, type Offer, type Vocabulary } from './completion.ts';
import type { Recall } from './recall.ts';

export interface InputWorld {
  vocabulary(): Vocabulary;
  recall: Recall;
  /** Keeps the draft through a reload. */
  draft: { read(): string | null; write(text: string): void };
}

export class TerminalInput {
  text = $state('');
  caret = $state(0);
  /** Counts up when the words were put in from elsewhere and the caret belongs behind them. */
  placed = $state(0);

  #isOffering = $state(false);
  #mark = $state(0);
  #completion = $derived.by(() => (this.#isOffering ? complete(this.text, this.caret, this.world.vocabulary()) : NOTHING));

  constructor(private readonly world: InputWorld) {
    this.text = world.draft.read() ?? '';
    this.caret = this.text.length;
  }

  /** What the word before the caret may become, also once it gets known after it was typed. */
  get offers(): Offer[] {
    return this.#completion.offers;
  }

  /** Which offer is marked; -1 while the list is closed. */
  get marked(): number {
    return Math.min(this.#mark, this.offers.length - 1);
  }

  /** The person has typed. */
  type(text: string, caret: number): void {
    this.text = text;
    this.caret = caret;
    this.world.draft.write(text);
    this.#isOffering = true;
    this.#mark = 0;
  }

  /** Words from a button, the palette or the past stand in the input, to be sent or changed. */
  put(text: string): void {
    this.text = text;
    this.caret = text.length;
    this.placed += 1;
    this.world.draft.write(text);
    this.closeOffers();
  }

  /** The words to send, which leave the input; null where there are none. */
  takeOut(): string | null {
    const words = this.text.trim();
    if (!words) return null;
    this.world.recall.add(words);
    this.put('');
    return words;
  }

  mark(step: 1 | -1): void {
    this.#mark = (this.marked + step + this.offers.length) % this.offers.length;
  }

  /** The offer stands in the text. */
  accept(offer: Offer | undefined = this.offers[this.marked]): void {
    if (!offer) return;
    const { text, caret } = take(this.text, this.caret, this.#completion.from, offer);
    this.put(text);
    this.caret = caret;
  }

  closeOffers(): void {
    this.#isOffering = false;
  }

  /** True when something older (or newer) is shown now. */
  recall(direction: 'older' | 'newer'): boolean {
    const words = direction === 'older' ? this.world.recall.older(this.text) : this.world.recall.newer();
    if (words === null) return false;
    this.put(words);
    return true;
  }
}
