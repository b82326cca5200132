import { describe, expect, test } from 'vitest';
import type { Ci, Pull } from '#api/shapes.ts';
import { addressOf, ciWords, linkWords, repairWords, wantsReason } from './pulls.ts';

const CI: Ci = { state: 'none', name: null, url: null, since: null, because: null };
const PULL = { id: 'u', number: 12, url: 'https://github.com/acme/shop/pull/12', state: 'closed', close_reason: null, linked_by: null, repairs: 0 } as unknown as Pull;

describe('the checks of a pull request', () => {
  test.each<[Partial<Ci>, string, string]>([
    [{ state: 'none' }, 'No CI', 'text-muted'],
    [{ state: 'waiting' }, 'CI runs', 'info'],
    [{ state: 'waiting', because: 'It waits for somebody.' }, 'CI waits: It waits for somebody.', 'info'],
    [{ state: 'passing', name: 'test' }, 'CI passes', 'success'],
    [{ state: 'failing', name: 'test' }, 'CI fails: test', 'danger'],
    [{ state: 'not_started', because: 'A person has to approve its workflows.' }, 'CI did not start: A person has to approve its workflows.', 'warning'],
  ])('that are %o are told so', (ci, words, tone) => {
    expect(ciWords({ ...CI, ...ci })).toMatchObject({ words, tone });
  });
});

test('repairs are told when there were some', () => {
  expect(repairWords(PULL)).toBeNull();
  expect(repairWords({ ...PULL, repairs: 1 })).toBe('1 of 2 repairs');
});

test('how it was linked is told in words', () => {
  expect(linkWords(PULL)).toBeNull();
  expect(linkWords({ ...PULL, linked_by: 'branch' })).toBe('linked by its branch');
});

test.each([
  [{}, true],
  [{ close_reason: 'Done elsewhere' }, false],
  [{ state: 'merged' }, false],
  [{ state: 'open' }, false],
] as const)('a pull request with %o wants a reason: %s', (change, wants) => {
  expect(wantsReason({ ...PULL, ...change })).toBe(wants);
});

test('an address that is not of the web is not followed', () => {
  expect(addressOf(PULL)).toBe(PULL.url);
  expect(addressOf({ ...PULL, url: 'javascript:alert(1)' })).toBeUndefined();
});
