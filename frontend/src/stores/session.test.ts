import { expect, test } from 'vitest';
import { safeRedirect } from './session.svelte.ts';

test.each([
  ['/issue/DISPATCH-1?tab=diff#plan', '/issue/DISPATCH-1?tab=diff#plan'],
  ['/board', '/board'],
  [null, '/'],
  ['', '/'],
  ['https://evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/a/..//evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?next=/x', '/'],
  ['/api/auth', '/'],
])('after signing in, %j leads to %j', (asked, expected) => {
  expect(safeRedirect(asked)).toBe(expected);
});
