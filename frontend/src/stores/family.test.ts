import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { FamilyCard, FamilyWhole, Mute, Sighting, Wording } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { FamilyView } from './family.svelte.ts';
import { Feed } from './feed.svelte.ts';

const WORDINGS = ['a', 'b'].map((hash) => ({ hash }) as Wording);
const FAMILY = { id: 'f', name: 'api/orders#1a2b3c4d', source: 'api', occurrences: 3, mute: null, wordings: WORDINGS } as FamilyWhole;
const MUTE = { id: 'm', scope: 'family', value: FAMILY.name, because: 'Known' } as Mute;

const SIGHTINGS = 'GET /errors/f/sightings?limit=20';

function sighting(n: number): Sighting {
  return { id: `s${n}`, last_seen: new Date(1.8e12 + n * 1000).toISOString() } as Sighting;
}

function answering(): PretendApi {
  return new PretendApi().answer('GET /errors/f', FAMILY).answer(SIGHTINGS, { items: [sighting(2)], next_cursor: null });
}

async function opened(api = answering()) {
  const server = new PretendServer();
  const feed = new Feed(server);
  const view = new FamilyView('f', { api, feed });
  feed.start();
  view.start();
  await server.pass(20);
  return { api, server, view };
}

test('what a frame says of it shows at once, and the rest is read anew', async () => {
  const { api, server, view } = await opened();
  api.answer('GET /errors/f', { ...FAMILY, occurrences: 9, wordings: [...WORDINGS, { hash: 'c' }] });

  server.publish('errors', { id: 'f', occurrences: 9 }, 'family.changed');
  await server.pass(20);

  expect(view.family?.occurrences).toBe(9);
  expect(view.family?.wordings).toHaveLength(3);
});

test('a frame of another error changes nothing', async () => {
  const { api, server, view } = await opened();
  const asked = api.asked.length;

  server.publish('errors', { id: 'other', occurrences: 9 }, 'family.changed');
  await server.pass(20);

  expect([view.family?.occurrences, api.asked.length]).toEqual([3, asked]);
});

test('older sightings stand beneath, and stay when the newest are read anew', async () => {
  const api = answering()
    .answer(SIGHTINGS, { items: [sighting(2)], next_cursor: 'c+' })
    .answer(`${SIGHTINGS}&cursor=c%2B`, { items: [sighting(1)], next_cursor: null });
  const { server, view } = await opened(api);

  await view.loadMore();
  api.answer(SIGHTINGS, { items: [sighting(3), sighting(2)], next_cursor: 'c+' });
  view.retry();
  await server.pass(20);

  expect(view.sightings?.map(({ id }) => id)).toEqual(['s3', 's2', 's1']);
  expect(view.hasMore).toBe(false);
});

test('some of its wordings can be split off, never all', async () => {
  const { view } = await opened();
  expect(view.canSplit).toBe(false);

  view.choose('a', true);
  expect(view.canSplit).toBe(true);
  view.choose('b', true);
  expect(view.canSplit).toBe(false);
  view.choose('b', false);

  expect(view.chosen).toEqual(['a']);
});

test('what is split off is an error of its own', async () => {
  const { api, view } = await opened(answering().answer('POST /errors/f/split', { ...FAMILY, id: 'g' }));
  view.choose('a', true);

  expect(await view.split(' Another cause ')).toBe('g');

  expect(api.asked.at(-1)?.body).toEqual({ fingerprints: ['a'], because: 'Another cause' });
});

test('a refused merge leaves the sentence', async () => {
  const { view } = await opened(answering().answer('POST /errors/f/merge', new Problem(409, 'same_family', 'It is this error.')));

  expect(await view.merge({ id: 'f' } as FamilyCard, 'The same')).toBeNull();

  expect(view.merging.refusal).toBe('It is this error.');
});

test.each([
  ['family', 'api/orders#1a2b3c4d'],
  ['source', 'api'],
] as const)('a mute of the %s names it', async (scope, value) => {
  const { api, view } = await opened(answering().answer('POST /mutes', MUTE));

  await view.mute({ scope, because: 'Known ', until: null });

  expect(api.asked.at(-1)?.body).toEqual({ scope, value, because: 'Known', until: null });
  expect(view.family?.mute?.id).toBe('m');
});

test('a mute is ended', async () => {
  const { server, view } = await opened(answering().answer('DELETE /mutes/m', null));

  await view.unmute(MUTE);
  await server.pass(20);

  expect(view.family?.mute).toBeNull();
});

test('sightings that cannot be read leave the error itself readable', async () => {
  const { view } = await opened(new PretendApi().answer('GET /errors/f', FAMILY));

  expect(view.family?.id).toBe('f');
  expect(view.sightingsError).toMatchObject({ status: 404 });
});
