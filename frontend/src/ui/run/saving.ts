/** Saving a run's raw log as one file, with a word where that fails. */

import { toasts } from '#browser';
import { sentenceOf } from '#api/client.ts';
import { readRawLog } from '#stores/raw-log.ts';

/** Takes the click on the download link: without this, the browser would save the log's first page alone. */
export async function saveRawLog(event: MouseEvent, runId: string): Promise<void> {
  event.preventDefault();
  try {
    const address = URL.createObjectURL(new Blob(await readRawLog(runId, (path, init) => fetch(path, init)), { type: 'application/x-ndjson' }));
    Object.assign(document.createElement('a'), { href: address, download: `run-${runId}.ndjson` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser has begun to write it by then
  } catch (error) {
    toasts.say(sentenceOf(error), 'danger');
  }
}
