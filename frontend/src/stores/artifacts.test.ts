import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Artifact } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { addressOf, Artifacts } from './artifacts.svelte.ts';

const artifact = (id: string, media_type: string) => ({ id, run_id: 'r', name: id, media_type, size: 1, created_at: '' }) satisfies Artifact;
const ITEMS = [artifact('step-10', 'image/webp'), artifact('report', 'text/markdown'), artifact('step-9', 'image/png')];

async function loaded(): Promise<Artifacts> {
  const artifacts = new Artifacts(new PretendApi().answer('GET /runs/r/artifacts', { items: ITEMS }), 'r');
  await artifacts.load();
  return artifacts;
}

test('pictures are looked at in the order of their names, everything else is a file', async () => {
  const artifacts = await loaded();

  expect(artifacts.images.map(({ id }) => id)).toEqual(['step-9', 'step-10']);
  expect(artifacts.files.map(({ id }) => id)).toEqual(['report']);
});

test('pictures follow each other round and round', async () => {
  const artifacts = await loaded();
  artifacts.shownId = 'step-9';

  const seen = [1, 1, -1].map((by) => (artifacts.step(by as 1 | -1), artifacts.shown?.id));

  expect(seen).toEqual(['step-10', 'step-9', 'step-10']);
});

test('nothing is stepped through while nothing is shown', async () => {
  const artifacts = await loaded();

  artifacts.step(1);

  expect(artifacts.shown).toBeNull();
});

test('what went wrong is told, and gone when it went well', async () => {
  const api = new PretendApi().answer('GET /runs/r/artifacts', new Problem(500, 'broken', 'Something broke.'));
  const artifacts = new Artifacts(api, 'r');
  await artifacts.load();
  expect(artifacts.failure).toMatchObject({ message: 'Something broke.' });

  api.answer('GET /runs/r/artifacts', { items: ITEMS });
  await artifacts.load();

  expect(artifacts.failure).toBeNull();
  expect(artifacts.items).toHaveLength(3);
});

test('its bytes are at an address of the API', () => {
  expect(addressOf(artifact('a b', 'image/png'))).toBe('/api/artifacts/a%20b');
});
