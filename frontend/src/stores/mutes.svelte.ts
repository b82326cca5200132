/** What stays out: the errors and sources that are counted and open nothing, and until when. */

import type { Api } from '#api/client.ts';
import type { Mute } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';

export class Mutes {
  /** Null until they have been read once. */
  items = $state.raw<Mute[] | null>(null);
  failure = $state.raw<unknown>(null);
  lifting = new Doing();

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    try {
      this.items = (await this.api.get<{ items: Mute[] }>('/mutes')).items;
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  /** It may open issues again. */
  lift({ id }: Mute): Promise<boolean> {
    return this.lifting.run(async () => {
      await this.api.delete(`/mutes/${id}`);
      this.items = this.items?.filter((mute) => mute.id !== id) ?? null;
    });
  }
}
