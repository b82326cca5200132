import { expect, test } from 'vitest';
import type { Patch } from '#api/shapes.ts';
import { flagsOf, flagWords, placeWords, stateOf } from './patches.ts';

const PATCH = { verdict: 'accepted', published_at: null, unpublished_because: null, lands_on: null, drift: [], lockfiles: [] } as unknown as Patch;

test.each([
  [{}, 'waits'],
  [{ published_at: '2026-11-22T15:00:00Z' }, 'published'],
  [{ unpublished_because: 'The branch has moved on.' }, 'unpublished'],
  [{ verdict: 'refused', unpublished_because: 'It was refused.' }, 'refused'],
  [{ published_at: '2026-11-22T15:00:00Z', unpublished_because: 'The first try failed.' }, 'published'],
] as const)('a patch with %o is %s', (change, state) => {
  expect(stateOf({ ...PATCH, ...change })).toBe(state);
});

test('a patch goes to a new branch, or on top of a commit', () => {
  expect(placeWords(PATCH)).toBe('a new branch');
  expect(placeWords({ ...PATCH, lands_on: '1a2b3c4d5e6f' })).toBe('on top of 1a2b3c4d');
});

test('a file outside the plan and a lockfile are flagged, others are not', () => {
  const patch = { ...PATCH, drift: ['till/receipts.py', 'uv.lock'], lockfiles: ['uv.lock'] };

  expect(flagsOf(patch, 'till/receipts.py')).toEqual(['outside the plan']);
  expect(flagsOf(patch, 'uv.lock')).toEqual(['outside the plan', 'lockfile']);
  expect(flagsOf(patch, 'orders/total.py')).toEqual([]);
});

test('all that is flagged is told in a line', () => {
  expect(flagWords(PATCH)).toBeNull();
  expect(flagWords({ ...PATCH, drift: ['a', 'b'], lockfiles: ['uv.lock'] })).toBe('2 files outside the plan, 1 lockfile');
  expect(flagWords({ ...PATCH, lockfiles: ['uv.lock'] })).toBe('1 lockfile');
});
