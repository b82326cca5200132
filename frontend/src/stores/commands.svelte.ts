/** The terminal's slash commands, as the server knows them. */

import type { Api } from '#api/client.ts';
import type { Command } from '#api/shapes.ts';

export class Commands {
  all = $state<Command[]>([]);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    this.all = await this.api.get<Command[]>('/commands');
  }
}
