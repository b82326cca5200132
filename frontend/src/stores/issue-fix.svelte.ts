/** The error of an issue, whether its fix holds, and what a person was handed where agents failed. */

import type { Api } from '#api/client.ts';
import type { FamilyCard, Fix, FixAttempt, Frame, Packet } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';
import { replaced } from './ordering.ts';

export class IssueFix {
  /** Null until it has been read, and for an issue that is no error's. */
  shown = $state.raw<Fix | null>(null);
  family = $state.raw<FamilyCard | null>(null);
  packet = $state.raw<Packet | null>(null);
  watching = new Doing();

  newest = $derived(this.shown?.attempts[0] ?? null);
  earlier = $derived(this.shown?.attempts.slice(1) ?? []);

  #issueId = '';

  constructor(private readonly api: Api) {}

  async load(issueId: string): Promise<void> {
    this.#issueId = issueId;
    this.shown = await this.api.get<Fix>(`/issues/${issueId}/fix`);
    const { family } = this.shown;
    if (family !== null) this.family = await this.api.get<FamilyCard>(`/errors/${family.id}`);
  }

  async loadPacket(issueId: string): Promise<void> {
    this.packet = await this.api.get<Packet>(`/issues/${issueId}/packet`);
  }

  /** An attempt shows at once as it is now; the chart, which comes with no frame, is to be read again: then it answers true. */
  take({ kind, data }: Frame): boolean {
    if (kind === 'family.changed') this.#takeFamily(data as FamilyCard);
    if (kind !== 'fix.changed') return false;
    if (this.shown) this.shown = { ...this.shown, attempts: replaced(this.shown.attempts, data as FixAttempt) };
    return true;
  }

  /** An unproven fix is watched for so many hours more. */
  watchOn(hours: number): Promise<boolean> {
    return this.watching.run(async () => {
      await this.api.post(`/issues/${this.#issueId}/fix/watch`, { hours });
      await this.load(this.#issueId);
    });
  }

  #takeFamily(card: FamilyCard): void {
    if (this.family === null || this.family.id === card.id) this.family = card;
  }
}
