/** The pull requests of an issue, newest first; and the reason why one was closed, given by a person. */

import type { Api } from '#api/client.ts';
import type { Frame, Page, Pull } from '#api/shapes.ts';

export class IssuePulls {
  items = $state.raw<Pull[]>([]);

  constructor(private readonly api: Api) {}

  async load(issueId: string): Promise<void> {
    this.items = newestFirst((await this.api.get<Page<Pull>>(`/issues/${issueId}/pulls`)).items);
  }

  take({ kind, data }: Frame): void {
    if (kind === 'pull.changed') this.#put(data as Pull);
  }

  /** Why it was closed without being merged is known, and goes to the next run. Throws the server's sentence. */
  async giveReason({ id }: Pull, reason: string): Promise<void> {
    this.#put(await this.api.post<Pull>(`/pulls/${id}/reason`, { reason }));
  }

  #put(pull: Pull): void {
    this.items = newestFirst([pull, ...this.items.filter(({ id }) => id !== pull.id)]);
  }
}

function newestFirst(pulls: Pull[]): Pull[] {
  return [...pulls].sort((a, b) => b.opened_at.localeCompare(a.opened_at));
}
