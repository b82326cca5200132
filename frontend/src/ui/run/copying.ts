/** Copying to the clipboard, with a word about how it went. */

import { toasts } from '#browser';

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.say(`${what} is copied.`, 'success');
  } catch {
    toasts.say('The browser does not let this page copy. Select the text and copy it by hand.', 'danger');
  }
}
