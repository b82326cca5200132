import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import { Closing } from './closing.svelte.ts';

const WANTED = new Problem(409, 'FIX_VERIFICATION_REQUIRED', 'Its fix is not verified yet.');

/** Refuses without a reason, and with `bad`. */
function closing() {
  const reasons: (string | undefined)[] = [];
  const act = async (reason?: string): Promise<void> => {
    reasons.push(reason);
    if (reason === undefined) throw WANTED;
    if (reason === 'bad') throw new Problem(422, 'bad_input', 'Say more.');
  };
  const store = new Closing();
  return { store, reasons, attempt: () => store.attempt('DISPATCH-1', act) };
}

const asked = (): Promise<void> => Promise.resolve().then(() => undefined);

test('what needs no reason is done at once', async () => {
  const { store } = closing();

  expect(await store.attempt('DISPATCH-1', async () => undefined)).toBe(true);

  expect(store.asked).toBeNull();
});

test('what needs one is done when it is given', async () => {
  const { store, reasons, attempt } = closing();
  const done = attempt();
  await asked();
  expect(store.asked).toMatchObject({ identifier: 'DISPATCH-1', sentence: 'Its fix is not verified yet.' });

  await store.give(' The till is gone ');

  expect(await done).toBe(true);
  expect(reasons).toEqual([undefined, 'The till is gone']);
  expect(store.asked).toBeNull();
});

test('who thinks better of it leaves it open', async () => {
  const { store, attempt } = closing();
  const done = attempt();
  await asked();

  store.cancel();

  expect(await done).toBe(false);
});

test('a refused reason is asked for again', async () => {
  const { store, attempt } = closing();
  const done = attempt();
  await asked();

  await store.give('bad');
  expect(store.giving.refusal).toBe('Say more.');
  await store.give('good');

  expect(await done).toBe(true);
});

test('any other refusal is the caller’s', async () => {
  const refused = new Closing().attempt('DISPATCH-1', async () => {
    throw new Problem(404, 'not_found', 'There is no such status.');
  });

  await expect(refused).rejects.toThrow('There is no such status.');
});
