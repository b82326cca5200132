/** The fleet's figures by day and by workflow, for so many days. */

import type { Api } from '#api/client.ts';
import type { Stats } from '#api/shapes.ts';

export const SPANS = [7, 30, 90] as const;
export type Span = (typeof SPANS)[number];

export class FleetStats {
  days = $state<Span>(30);
  shown = $state.raw<Stats | null>(null);
  failure = $state.raw<unknown>(null);
  isReading = $state(false);

  constructor(private readonly api: Api) {}

  /** The figures of another span are read; the ones before stay shown until they are there. */
  choose(days: Span): Promise<void> {
    this.days = days;
    return this.read();
  }

  async read(): Promise<void> {
    const { days } = this;
    this.isReading = true;
    try {
      const stats = await this.api.get<Stats>(`/spawns/stats?days=${days}`);
      if (days !== this.days) return;
      this.shown = stats;
      this.failure = null;
    } catch (error) {
      if (days === this.days) this.failure = error;
    } finally {
      if (days === this.days) this.isReading = false;
    }
  }
}
