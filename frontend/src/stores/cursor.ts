/** Where one reader of a topic stands: hands on every frame once, in order, whatever order they come in. */

import type { Frame } from '#api/shapes.ts';

const MOST_HELD = 2000; // a reader further behind than this is faster served again from where it stands

export class Cursor {
  #held = new Map<number, Frame>();

  constructor(
    public last: number,
    private readonly onFrame: (frame: Frame) => void,
  ) {}

  /** A frame has come before one that should have come first. */
  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  /** Hands on the frame and whatever was held for it; one seen before is dropped, one too early is held. */
  offer(frame: Frame): void {
    if (frame.seq <= this.last) return;
    if (frame.seq > this.last + 1) return this.#hold(frame);
    this.#pass(frame);
    for (let next = this.#held.get(this.last + 1); next; next = this.#held.get(this.last + 1)) {
      this.#held.delete(next.seq);
      this.#pass(next);
    }
  }

  /** Frames up to this seq are gone for good: the reader stands behind them. Answers whether it had not seen them all. */
  skipTo(seq: number): boolean {
    if (seq <= this.last) return false;
    this.last = seq;
    for (const held of this.#held.keys()) if (held <= seq) this.#held.delete(held);
    return true;
  }

  #hold(frame: Frame): void {
    if (this.#held.size < MOST_HELD) this.#held.set(frame.seq, frame);
  }

  #pass(frame: Frame): void {
    this.last = frame.seq;
    try {
      this.onFrame(frame);
    } catch (error) {
      // One screen's fault must not keep the others from their frames.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
