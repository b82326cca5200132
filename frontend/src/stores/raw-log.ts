/** A run's raw events, however many answers they come in: one answer is at most 2 MB, and its `Link` names the next. */

import { Problem, type Fetch } from '#api/client.ts';

const NEXT = /<([^>]+)>;\s*rel="next"/;

/** Every page of the raw log, in order. Throws a `Problem` where one of them cannot be had: half a log would look whole. */
export async function readRawLog(runId: string, fetch: Fetch): Promise<string[]> {
  const pages: string[] = [];
  let path: string | undefined = `/api/runs/${runId}/raw`;
  while (path) {
    const answer: Response = await fetch(path, { credentials: 'same-origin' });
    if (!answer.ok) throw new Problem(answer.status, 'unknown', `The log could not be read: the server answered ${answer.status}.`);
    pages.push(await answer.text());
    path = NEXT.exec(answer.headers.get('link') ?? '')?.[1];
  }
  return pages;
}
