import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import { readRawLog } from './raw-log.ts';

function serverWith(pages: Record<string, Response>): (path: string) => Promise<Response> {
  return (path) => Promise.resolve(pages[path] ?? new Response('', { status: 404 }));
}

const link = (path: string) => ({ headers: { Link: `<${path}>; rel="next"` } });

test('the raw log is read page after page, to its end', async () => {
  const fetch = serverWith({
    '/api/runs/r/raw': new Response('1\n2\n', link('/api/runs/r/raw?after=2&limit=50000')),
    '/api/runs/r/raw?after=2&limit=50000': new Response('3\n'),
  });

  expect(await readRawLog('r', fetch)).toEqual(['1\n2\n', '3\n']);
});

test('a page that cannot be had is an error, not a shorter log', async () => {
  const fetch = serverWith({ '/api/runs/r/raw': new Response('1\n', link('/api/runs/r/raw?after=1')) });

  await expect(readRawLog('r', fetch)).rejects.toBeInstanceOf(Problem);
});
