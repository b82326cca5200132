import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Mute } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { Mutes } from './mutes.svelte.ts';

const [ONE, OTHER] = ['m1', 'm2'].map((id) => ({ id }) as Mute) as [Mute, Mute];

async function loaded(api = new PretendApi().answer('GET /mutes', { items: [ONE, OTHER] })) {
  const mutes = new Mutes(api);
  await mutes.load();
  return { api, mutes };
}

test('what is lifted is gone from the list', async () => {
  const { api, mutes } = await loaded();
  api.answer('DELETE /mutes/m1', null);

  expect(await mutes.lift(ONE)).toBe(true);

  expect(mutes.items?.map(({ id }) => id)).toEqual(['m2']);
});

test('what cannot be lifted stays, with the sentence', async () => {
  const { api, mutes } = await loaded();
  api.answer('DELETE /mutes/m1', new Problem(403, 'forbidden', 'Only an operator may.'));

  expect(await mutes.lift(ONE)).toBe(false);

  expect([mutes.items?.length, mutes.lifting.refusal]).toEqual([2, 'Only an operator may.']);
});

test('what went wrong while reading is told', async () => {
  const { mutes } = await loaded(new PretendApi());

  expect(mutes.failure).toMatchObject({ status: 404 });
});
