/** Something a person has asked for: whether it is under way, and the sentence it was refused with. */

import { sentenceOf } from '#api/client.ts';

export class Doing {
  isBusy = $state(false);
  refusal = $state<string | null>(null);

  /** Does it once at a time; true when it went well, else `refusal` says why not. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.refusal = null;
    try {
      await act();
      return true;
    } catch (error) {
      this.refusal = sentenceOf(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
