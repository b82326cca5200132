import { expect, test } from 'vitest';
import type { FamilyCard } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { Errors } from './errors.svelte.ts';
import { Feed } from './feed.svelte.ts';

const FIRST = 'GET /errors?limit=50';
const SECOND = 'GET /errors?cursor=c&limit=50';

/** The error of that number; the higher, the later it was seen. */
function card(n: number, more: Partial<FamilyCard> = {}): FamilyCard {
  return { id: `f${n}`, source: n % 2 ? 'api' : 'web', last_seen: new Date(1.8e12 + n * 1000).toISOString(), mute: null, issue: null, ...more } as FamilyCard;
}

async function listed(api: PretendApi, filter = {}) {
  const server = new PretendServer();
  const feed = new Feed(server);
  const errors = new Errors(api, feed);
  feed.start();
  errors.start(filter);
  await server.pass(20);
  return { errors, server };
}

async function hear(server: PretendServer, data: FamilyCard): Promise<void> {
  server.publish('errors', data, 'family.changed');
  await server.pass(20);
}

const ids = ({ items }: Errors): string[] | undefined => items?.map(({ id }) => id);

test('an error that is seen again comes first', async () => {
  const api = new PretendApi().answer(FIRST, { items: [card(2), card(1)], next_cursor: null });
  const { errors, server } = await listed(api);

  await hear(server, card(1, { last_seen: card(9).last_seen, occurrences: 12 }));

  expect(ids(errors)).toEqual(['f1', 'f2']);
  expect(errors.items?.[0]?.occurrences).toBe(12);
  expect(api.asked).toHaveLength(1);
});

test('an error that was not here before is read with the others', async () => {
  const api = new PretendApi().answer(FIRST, { items: [card(1)], next_cursor: null });
  const { errors, server } = await listed(api);
  api.answer(FIRST, { items: [card(2), card(1)], next_cursor: null });

  await hear(server, card(2));

  expect(ids(errors)).toEqual(['f2', 'f1']);
});

test('one that went into another is gone when they are read again', async () => {
  const api = new PretendApi().answer(FIRST, { items: [card(2), card(1)], next_cursor: null });
  const { errors, server } = await listed(api);
  api.answer(FIRST, { items: [card(3)], next_cursor: null });

  await hear(server, card(3));

  expect(ids(errors)).toEqual(['f3']);
});

test('one that is muted leaves the list of those that are not', async () => {
  const api = new PretendApi().answer('GET /errors?muted=false&limit=50', { items: [card(2), card(1)], next_cursor: null });
  const { errors, server } = await listed(api, { muted: 'false' });

  await hear(server, card(2, { mute: { id: 'm' } as FamilyCard['mute'] }));

  expect(ids(errors)).toEqual(['f1']);
});

test('one whose issue is closed leaves the list of the open ones', async () => {
  const open = { status: { is_closed: false } } as FamilyCard['issue'];
  const api = new PretendApi().answer('GET /errors?open=true&limit=50', { items: [card(1, { issue: open })], next_cursor: null });
  const { errors, server } = await listed(api, { open: 'true' });
  expect(ids(errors)).toEqual(['f1']);

  await hear(server, card(1, { issue: { status: { is_closed: true } } as FamilyCard['issue'] }));

  expect(ids(errors)).toEqual([]);
});

test('further pages stand beneath', async () => {
  const api = new PretendApi().answer(FIRST, { items: [card(3), card(2)], next_cursor: 'c' }).answer(SECOND, { items: [card(1)], next_cursor: null });
  const { errors } = await listed(api);
  expect(errors.hasMore).toBe(true);

  await errors.loadMore();

  expect(ids(errors)).toEqual(['f3', 'f2', 'f1']);
  expect(errors.hasMore).toBe(false);
});

test('a filter is asked of the server, and every source is remembered', async () => {
  const api = new PretendApi()
    .answer(FIRST, { items: [card(2), card(1)], next_cursor: null })
    .answer('GET /errors?query=no+stock&source=api&limit=50', { items: [card(1)], next_cursor: null });
  const { errors, server } = await listed(api);

  errors.choose({ query: 'no stock', source: 'api' });
  expect(errors.items).toBeNull();
  await server.pass(20);

  expect(ids(errors)).toEqual(['f1']);
  expect(errors.sources).toEqual(['api', 'web']);
  expect(errors.isFiltered).toBe(true);
});

test('what went wrong while reading is told, and tried again', async () => {
  const api = new PretendApi();
  const { errors, server } = await listed(api);
  expect(errors.failure).toMatchObject({ status: 404 });

  api.answer(FIRST, { items: [card(1)], next_cursor: null });
  errors.retry();
  await server.pass(20);

  expect([errors.failure, ids(errors)]).toEqual([null, ['f1']]);
});
