/** Closing an issue that wants a reason: an error's issue is not closed by hand before its fix is verified, unless somebody says why. */

import { Problem } from '#api/client.ts';
import { Doing } from './doing.svelte.ts';

const WANTS_REASON = 'fix_verification_required';

interface Asked {
  identifier: string;
  /** Why a reason is wanted: the server's sentence. */
  sentence: string;
  give(reason: string): Promise<unknown>;
  settle(isDone: boolean): void;
}

export class Closing {
  /** What waits for a reason. */
  asked = $state.raw<Asked | null>(null);
  giving = new Doing();

  /** True when it was done, in the end with a person's reason; false when they thought better of it. Throws any other refusal. */
  async attempt(identifier: string, act: (reason?: string) => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.code.toLowerCase() !== WANTS_REASON) throw error;
      return this.#ask(identifier, error.message, act);
    }
  }

  /** It is tried again with the reason; refused, it still waits, with the sentence in `giving`. */
  async give(reason: string): Promise<void> {
    const { asked } = this;
    if (asked && (await this.giving.run(() => asked.give(reason.trim())))) this.#settle(true);
  }

  /** Nothing is closed. */
  cancel(): void {
    this.#settle(false);
  }

  #ask(identifier: string, sentence: string, give: (reason: string) => Promise<unknown>): Promise<boolean> {
    this.cancel();
    this.giving.refusal = null;
    return new Promise((settle) => (this.asked = { identifier, sentence, give, settle }));
  }

  #settle(isDone: boolean): void {
    const { asked } = this;
    this.asked = null;
    asked?.settle(isDone);
  }
}
