/** Editing in place: a field stands where the words stood, and the focus goes there and back. */

import { tick } from 'svelte';

export class Editing<Field extends HTMLInputElement | HTMLTextAreaElement> {
  isOpen = $state(false);
  words = $state('');
  field = $state<Field | null>(null);
  /** What was pressed to begin. */
  opener = $state<HTMLElement | null>(null);

  /** The field is there with these words, and has the focus. */
  async begin(words: string, { isSelected = false } = {}): Promise<void> {
    this.words = words;
    this.isOpen = true;
    await tick();
    if (isSelected) this.field?.select();
    else this.field?.focus();
  }

  /** The field is gone, and the focus where it was before. */
  async leave(): Promise<void> {
    this.isOpen = false;
    await tick();
    this.opener?.focus();
  }
}
