/** The keyboard: which keys do what here, kept in one place so that `?` can list them all. */

import { untrack } from 'svelte';

export interface Shortcut {
  /** `/`, `?`, `Mod+K`, or a sequence such as `G B`. */
  keys: string;
  says: string;
  run: () => void;
}

export interface Press {
  key: string;
  isMod: boolean;
  isTyping: boolean;
}

export class Shortcuts {
  all = $state<Shortcut[]>([]);
  #begun: string | null = null;

  /** The shortcut works until the returned function is called; a later one hides an earlier one of the same keys. */
  add(...added: Shortcut[]): () => void {
    this.all = [...untrack(() => this.all), ...added]; // a screen that adds does not depend on what others add
    return () => (this.all = this.all.filter((shortcut) => !added.some(({ keys, says }) => keys === shortcut.keys && says === shortcut.says)));
  }

  /** True when the press did something (or began a sequence) and must not do what the browser would. */
  press({ key, isMod, isTyping }: Press): boolean {
    const name = key.length === 1 ? key.toUpperCase() : key;
    if (isMod) return this.#run(`Mod+${name}`);
    if (isTyping) return false;
    const sequence = this.#begun === null ? name : `${this.#begun} ${name}`;
    this.#begun = null;
    if (this.#run(sequence)) return true;
    if (!this.all.some(({ keys }) => keys.startsWith(`${name} `))) return false;
    this.#begun = name;
    return true;
  }

  /** One of each for the list, the ones that win. */
  get listed(): Shortcut[] {
    return [...new Map(this.all.map((shortcut) => [shortcut.keys, shortcut])).values()];
  }

  #run(keys: string): boolean {
    const shortcut = this.all.findLast((one) => one.keys === keys);
    shortcut?.run();
    return shortcut !== undefined;
  }
}
