import { expect, test } from 'vitest';
import type { RunSummary } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { Feed } from './feed.svelte.ts';
import { RunsList } from './runs-list.svelte.ts';

const FIRST = 'GET /runs?limit=25';
const SECOND = 'GET /runs?cursor=c&limit=25';

/** So many runs, the newest first, with numbers counting down from `newest`. */
const runs = (newest: number, count: number): RunSummary[] =>
  Array.from({ length: count }, (_, at) => ({ id: String(newest - at), created_at: new Date(1.8e12 + (newest - at) * 1000).toISOString() }) as RunSummary);

async function listed(api: PretendApi) {
  const server = new PretendServer();
  const feed = new Feed(server);
  const list = new RunsList(api, feed);
  feed.start();
  list.start();
  await server.pass(20);
  return { list, server };
}

const ids = ({ items }: RunsList): (string | undefined)[] => [items?.at(0)?.id, items?.at(-1)?.id, String(items?.length)];

test('further pages stand beneath the first, also when it is read anew', async () => {
  const api = new PretendApi().answer(FIRST, { items: runs(60, 25), next_cursor: 'c' }).answer(SECOND, { items: runs(35, 25), next_cursor: null });
  const { list, server } = await listed(api);

  await list.loadMore();
  expect(list.hasMore).toBe(false);
  api.answer(FIRST, { items: runs(61, 25), next_cursor: 'd' });
  server.publish('fleet');
  await server.pass(20);

  expect(ids(list)).toEqual(['61', '11', '51']);
  expect(list.hasMore).toBe(false);
});

test('a filter is asked of the server, and what was shown before goes', async () => {
  const api = new PretendApi().answer(FIRST, { items: runs(60, 25), next_cursor: 'c' }).answer('GET /runs?outcome=failed&limit=25', { items: runs(3, 1), next_cursor: null });
  const { list, server } = await listed(api);

  list.choose({ outcome: 'failed' });
  expect(list.items).toBeNull();
  await server.pass(20);

  expect(ids(list)).toEqual(['3', '3', '1']);
  expect([list.hasMore, list.isFiltered]).toEqual([false, true]);
});

test('an answer to the filter before is dropped', async () => {
  const api = new PretendApi().answer(FIRST, { items: runs(60, 25), next_cursor: 'c' }).answer('GET /runs?state=running&limit=25', { items: [], next_cursor: null });
  const { list, server } = await listed(api);
  const letAnswer = api.hold(SECOND);
  api.answer(SECOND, { items: runs(35, 25), next_cursor: null });

  const paging = list.loadMore();
  list.choose({ state: 'running' });
  letAnswer();
  await paging;
  await server.pass(20);

  expect(list.items).toEqual([]);
});
