/** What was said before, newest last: arrow-up brings it back, arrow-down returns to the draft. */

export interface RecallWorld {
  read(): string | null;
  write(text: string): void;
}

const MOST = 100;

export class Recall {
  #said: string[];
  #at: number;
  #draft = '';

  constructor(private readonly world: RecallWorld) {
    this.#said = parse(world.read());
    this.#at = this.#said.length;
  }

  add(text: string): void {
    this.#said = [...this.#said.filter((other) => other !== text), text].slice(-MOST);
    this.#at = this.#said.length;
    this.world.write(JSON.stringify(this.#said));
  }

  /** What was said before the text shown now, or null at the beginning. */
  older(shown: string): string | null {
    if (this.#at === 0) return null;
    if (this.#at === this.#said.length) this.#draft = shown;
    this.#at -= 1;
    return this.#said[this.#at] ?? null;
  }

  /** What was said after it, the draft after the last, or null when the draft is shown already. */
  newer(): string | null {
    if (this.#at === this.#said.length) return null;
    this.#at += 1;
    return this.#said[this.#at] ?? this.#draft;
  }
}

function parse(kept: string | null): string[] {
  try {
    const said: unknown = JSON.parse(kept ?? '[]');
    return Array.isArray(said) ? said.filter((text): text is string => typeof text === 'string') : [];
  } catch {
    return [];
  }
}
