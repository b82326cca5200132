import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Delivery } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { Deliveries, deliveryState } from './deliveries.svelte.ts';

const DELIVERY = { source: 'github', id: 'a/1', event: 'pull_request', handled_at: null, answer: null, tries: 0, failure: null, try_at: '2026-11-22T10:00:00Z' } as Delivery;

test.each([
  [{}, 'waits'],
  [{ tries: 2, failure: 'The issue is held.' }, 'tried again'],
  [{ tries: 6, try_at: null }, 'given up'],
  [{ handled_at: '2026-11-22T10:00:01Z', try_at: null }, 'handled'],
] as [Partial<Delivery>, string][])('a delivery with %o: %s', (change, state) => {
  expect(deliveryState({ ...DELIVERY, ...change })).toBe(state);
});

test('older ones stand beneath', async () => {
  const api = new PretendApi()
    .answer('GET /deliveries?limit=20', { items: [DELIVERY], next_cursor: 'c+1' })
    .answer('GET /deliveries?limit=20&cursor=c%2B1', { items: [{ ...DELIVERY, id: 'a/0' }], next_cursor: null });
  const deliveries = new Deliveries(api);
  await deliveries.load();
  expect(deliveries.hasMore).toBe(true);

  await deliveries.loadMore();

  expect(deliveries.items?.map(({ id }) => id)).toEqual(['a/1', 'a/0']);
  expect(deliveries.hasMore).toBe(false);
});

test('those of one source, and those that failed, are asked of the server', async () => {
  const api = new PretendApi()
    .answer('GET /deliveries?limit=20&source=loki', { items: [DELIVERY, DELIVERY], next_cursor: null })
    .answer('GET /deliveries?limit=20&source=loki&failed=true', { items: [DELIVERY], next_cursor: null });
  const deliveries = new Deliveries(api);

  await deliveries.choose({ source: 'loki' });
  expect(deliveries.items).toHaveLength(2);
  await deliveries.choose({ isFailedOnly: true });

  expect(deliveries.items).toHaveLength(1);
});

test('an answer to another filter is dropped', async () => {
  const api = new PretendApi().answer('GET /deliveries?limit=20', { items: [DELIVERY], next_cursor: null }).answer('GET /deliveries?limit=20&source=loki', { items: [], next_cursor: null });
  const letAnswer = api.hold('GET /deliveries?limit=20');
  const deliveries = new Deliveries(api);

  const loading = deliveries.load();
  await deliveries.choose({ source: 'loki' });
  letAnswer();
  await loading;

  expect(deliveries.items).toEqual([]);
});

test('one that is replayed is shown as it is then', async () => {
  const api = new PretendApi().answer('GET /deliveries?limit=20', { items: [DELIVERY], next_cursor: null }).answer('POST /deliveries/github/a%2F1/replay', null);
  const deliveries = new Deliveries(api);

  expect(await deliveries.replay(DELIVERY)).toBe(true);

  expect(api.asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
  expect(deliveries.items).toHaveLength(1);
});

test('a refused replay leaves the sentence', async () => {
  const deliveries = new Deliveries(new PretendApi().answer('POST /deliveries/github/a%2F1/replay', new Problem(404, 'not_found', 'There is no such delivery.')));

  expect(await deliveries.replay(DELIVERY)).toBe(false);

  expect(deliveries.replaying.refusal).toBe('There is no such delivery.');
});

test('what went wrong while reading is told', async () => {
  const deliveries = new Deliveries(new PretendApi());

  await deliveries.load();

  expect(deliveries.failure).toMatchObject({ status: 404 });
  expect(deliveries.items).toBeNull();
});
