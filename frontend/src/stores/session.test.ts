import { expect, test } from 'vitest';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { Session, safeRedirect } from './session.svelte.ts';

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

test.each([
  ['viewer', []],
  ['operator', ['spawn']],
  ['approver', ['spawn', 'plans']],
  ['admin', ['spawn', 'plans', 'admin']],
] as const)('%s may %j', async (role, rights) => {
  const session = new Session(new PretendApi().answer('GET /auth', { authenticated: true, person: { id: 'p', name: 'Ada', role } }));

  await session.check();

  expect((['spawn', 'plans', 'admin'] as const).filter((right) => session.may(right))).toEqual(rights);
});

test('nobody may do anything before it is known who they are', () => {
  expect(new Session(new PretendApi()).may('spawn')).toBe(false);
});
