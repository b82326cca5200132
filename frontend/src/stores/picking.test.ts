import { expect, test } from 'vitest';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { ErrorPicker } from './picking.svelte.ts';

/** A picker whose pauses are over at once. */
function picker(api: PretendApi): ErrorPicker {
  return new ErrorPicker({ api, wait: (_ms, then) => (then(), () => undefined) }, 'own');
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

test('an error is never offered to itself', async () => {
  const picking = picker(new PretendApi().answer('GET /errors?limit=20', { items: [{ id: 'own' }, { id: 'f' }], next_cursor: null }));

  picking.search(' ');
  await settled();

  expect(picking.found?.map(({ id }) => id)).toEqual(['f']);
});

test('an answer to earlier words is dropped', async () => {
  const api = new PretendApi().answer('GET /errors?query=a&limit=20', { items: [{ id: 'a' }] }).answer('GET /errors?query=ab&limit=20', { items: [{ id: 'ab' }] });
  const letAnswer = api.hold('GET /errors?query=a&limit=20');
  const picking = picker(api);

  picking.search('a');
  picking.search('ab');
  await settled();
  letAnswer();
  await settled();

  expect(picking.found?.map(({ id }) => id)).toEqual(['ab']);
});

test('what went wrong is told', async () => {
  const picking = picker(new PretendApi());

  picking.search('a');
  await settled();

  expect(picking.refusal).toMatch('Nothing answers');
});
