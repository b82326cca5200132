/** The terminal's slash commands, as the server knows them. */

import type { Api } from '#api/client.ts';
import type { Command } from '#api/shapes.ts';

export interface CommandsWorld {
  wait(ms: number, then: () => void): () => void;
}

const AGAIN_MS = 2000; // a server that starts is there soon

export class Commands {
  all = $state<Command[]>([]);
  #cancel: (() => void) | null = null;

  constructor(
    private readonly api: Api,
    private readonly world: CommandsWorld,
  ) {}

  /** They are known as soon as the server can be asked; once is enough. */
  start(): void {
    if (this.#cancel || this.all.length > 0) return;
    this.#cancel = () => undefined;
    void this.#read();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #read(): Promise<void> {
    try {
      this.all = await this.api.get<Command[]>('/commands');
      this.#cancel = null;
    } catch {
      if (this.#cancel) this.#cancel = this.world.wait(AGAIN_MS, () => void this.#read());
    }
  }
}
