import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Spawn } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { canForce, Queue } from './queue.svelte.ts';

const SPAWN = { id: 's', identifier: 'DISPATCH-7', workflow: 'qa-test', state: 'waiting', gate: 'concurrency' } as Spawn;

test.each([
  ['concurrency', true],
  ['cooldown', true],
  ['money', false],
  ['kill_switch', false],
  ['issue', false],
  ['precondition', false],
  [null, false],
])('whether the gate %s may be passed: %s', (gate, may) => {
  expect(canForce(gate)).toBe(may);
});

test('a forced spawn carries its reason', async () => {
  const api = new PretendApi().answer('POST /issues/DISPATCH-7/spawn/force', { ...SPAWN, state: 'admitted' });

  expect(await new Queue(api, () => undefined).force(SPAWN, ' The customer waits ')).toBe(true);

  expect(api.asked[0]?.body).toEqual({ because: 'The customer waits' });
});

test('a forced spawn that waits for money all the same says so', async () => {
  const api = new PretendApi().answer('POST /issues/DISPATCH-7/spawn/force', {
    ...SPAWN,
    gate: 'money',
    reason: 'Today $190.00 is spent.',
    would_turn: 'It starts when $5.00 is free.',
  });
  const queue = new Queue(api, () => undefined);

  expect(await queue.force(SPAWN, 'Now')).toBe(false);
  expect(queue.forcing.refusal).toBe('Today $190.00 is spent. It starts when $5.00 is free.');
});

test('what could not be withdrawn is named with why', async () => {
  const api = new PretendApi().answer('POST /issues/DISPATCH-7/spawn/cancel', new Problem(404, 'nothing_runs', 'Nothing runs or waits there.'));
  const queue = new Queue(api, () => undefined);

  await queue.withdraw(SPAWN);

  expect([queue.withdrawn, queue.withdrawing.refusal]).toEqual(['DISPATCH-7', 'Nothing runs or waits there.']);
});
