/** The issues touched last: for completion, the palette and the first steps. The board keeps its own. */

import type { Api } from '#api/client.ts';
import type { Frame, IssueCard, Page } from '#api/shapes.ts';
import type { Feed } from './feed.svelte.ts';
import { Following } from './following.ts';

const MOST = 100;

export class RecentIssues {
  issues = $state<IssueCard[]>([]);
  isKnown = $state(false);

  #following: Following;

  constructor(
    private readonly api: Api,
    feed: Feed,
  ) {
    this.#following = new Following({ feed, topic: 'board', read: () => this.#read(), onFrame: (frame) => this.#changed(frame) });
  }

  /** From here on `issues` follows the board. */
  start(): void {
    this.#following.start();
  }

  stop(): void {
    this.#following.stop();
    this.issues = [];
    this.isKnown = false;
  }

  async #read(): Promise<void> {
    try {
      this.issues = (await this.api.get<Page<IssueCard>>(`/issues?limit=${MOST}`)).items;
      this.isKnown = true;
    } catch {
      // Nothing here is worth an error of its own: completion is poorer until the next frame.
    }
  }

  #changed({ kind, data }: Frame): void {
    const card = data as IssueCard;
    const others = this.issues.filter(({ id }) => id !== card.id);
    this.issues = kind === 'issue.deleted' ? others : [card, ...others].slice(0, MOST);
  }
}
