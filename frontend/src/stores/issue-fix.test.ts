import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { FamilyCard, FixAttempt, Frame } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { IssueFix } from './issue-fix.svelte.ts';

const ATTEMPT = { id: 'a', state: 'watching' } as FixAttempt;
const FAMILY = { id: 'f', name: 'api/orders#1a2b3c4d' };

async function loaded(fix: object = {}) {
  const api = new PretendApi()
    .answer('GET /issues/i/fix', { family: FAMILY, attempts: [ATTEMPT], chart: null, closing_needs_reason: true, ...fix })
    .answer('GET /errors/f', { ...FAMILY, occurrences: 3 });
  const view = new IssueFix(api);
  await view.load('i');
  return { api, view };
}

const frame = (kind: string, data: unknown): Frame => ({ topic: 'issue:i', seq: 1, kind, at: '', data });

test('the error comes with its fix', async () => {
  const { view } = await loaded();

  expect(view.newest).toMatchObject({ id: 'a', state: 'watching' });
  expect(view.family?.occurrences).toBe(3);
});

test('an issue that is no error’s has nothing to show', async () => {
  const { api, view } = await loaded({ family: null, attempts: [] });

  expect([view.family, view.newest]).toEqual([null, null]);
  expect(api.asked).toHaveLength(1);
});

test('a verdict shows as it is heard, and asks for the chart', async () => {
  const { view } = await loaded();

  expect(view.take(frame('fix.changed', { ...ATTEMPT, state: 'verified' }))).toBe(true);

  expect(view.newest?.state).toBe('verified');
});

test('another attempt stands before the one before', async () => {
  const { view } = await loaded();

  view.take(frame('fix.changed', { id: 'b', state: 'awaiting_deploy' }));

  expect([view.newest?.id, view.earlier.map(({ id }) => id)]).toEqual(['b', ['a']]);
});

test('the error counts on as it is heard', async () => {
  const { view } = await loaded();

  expect(view.take(frame('family.changed', { ...FAMILY, occurrences: 12 } as FamilyCard))).toBe(false);

  expect(view.family?.occurrences).toBe(12);
});

test('what is unproven is watched on', async () => {
  const { api, view } = await loaded();
  api.answer('POST /issues/i/fix/watch', {});

  expect(await view.watchOn(48)).toBe(true);

  expect(api.asked.map(({ method, body }) => [method, body])).toContainEqual(['POST', { hours: 48 }]);
});

test('who may not watch on is told so', async () => {
  const { api, view } = await loaded();
  api.answer('POST /issues/i/fix/watch', new Problem(403, 'forbidden', 'Only an approver may.'));

  expect(await view.watchOn(48)).toBe(false);

  expect(view.watching.refusal).toBe('Only an approver may.');
});
