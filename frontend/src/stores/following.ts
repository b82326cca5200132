/**
 * Follows a topic of the feed from now on: a snapshot is read when its place in the feed is known, and anew at each frame.
 *
 * Two reads never cross: one at a time, and once more if something happened meanwhile.
 */

import type { Frame } from '#api/shapes.ts';
import type { Feed } from './feed.svelte.ts';

export interface FollowingWorld {
  feed: Pick<Feed, 'watch'>;
  topic: string;
  /** Reads the snapshot; what goes wrong is its own business. */
  read: () => Promise<void>;
  /** What a frame means, where it means something else than reading anew. */
  onFrame?: (frame: Frame) => void;
}

export class Following {
  #stop: (() => void) | null = null;
  #underway: Promise<void> | null = null;
  #isAskedAgain = false;

  constructor(private readonly world: FollowingWorld) {}

  start(): void {
    const again = (): void => void this.readAgain();
    const { feed, topic, onFrame = again } = this.world;
    this.#stop ??= feed.watch(topic, { after: 'now', onFrame, onPlaced: again, onForgotten: again });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  readAgain(): Promise<void> {
    this.#isAskedAgain = true;
    return (this.#underway ??= this.#read());
  }

  async #read(): Promise<void> {
    try {
      while (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        await this.world.read();
      }
    } finally {
      this.#underway = null;
    }
  }
}
