/** What a run handed in beside its words: pictures to look at, files to take along. */

import type { Api } from '#api/client.ts';
import type { Artifact, Page } from '#api/shapes.ts';

export class Artifacts {
  items = $state.raw<Artifact[]>([]);
  failure = $state.raw<unknown>(null);
  /** The picture that is looked at, by its id. */
  shownId = $state<string | null>(null);

  images = $derived(this.items.filter(isImage));
  files = $derived(this.items.filter((artifact) => !isImage(artifact)));
  shown = $derived(this.images.find(({ id }) => id === this.shownId) ?? null);

  constructor(
    private readonly api: Api,
    private readonly runId: string,
  ) {}

  async load(): Promise<void> {
    try {
      const { items } = await this.api.get<Page<Artifact>>(`/runs/${this.runId}/artifacts`);
      this.items = items.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  /** Looks at the next picture, or the one before; round and round. */
  step(by: 1 | -1): void {
    const at = this.images.findIndex(({ id }) => id === this.shownId);
    if (at !== -1) this.shownId = this.images[(at + by + this.images.length) % this.images.length]?.id ?? null;
  }
}

/** Where its bytes are. */
export function addressOf({ id }: Artifact): string {
  return `/api/artifacts/${encodeURIComponent(id)}`;
}

function isImage({ media_type }: Artifact): boolean {
  return media_type.startsWith('image/');
}
