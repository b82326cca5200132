import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Access } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { accessWords, AccessView, checkWord } from './access.svelte.ts';

const check = (ok: boolean | null) => ({ name: 'token', ok, detail: '' });
const ACCESS: Access = { repository: 'acme/shop', auth: 'token', checks: [check(true), check(false)] };

test.each([
  [[true, true], 'acme/shop, by GITHUB_TOKEN: nothing is missing'],
  [[true, null], 'acme/shop, by GITHUB_TOKEN: nothing is missing, 1 unknown'],
  [[true, false, null], 'acme/shop, by GITHUB_TOKEN: 1 of 3 missing'],
])('checks that are %j: %s', (oks, words) => {
  expect(accessWords({ ...ACCESS, checks: oks.map(check) })).toBe(words);
});

test('without a repository there is none to name', () => {
  expect(accessWords({ ...ACCESS, repository: '', auth: 'none' })).toBe('no repository, without any access yet: 1 of 2 missing');
});

test('what cannot be known is not missing', () => {
  expect([true, false, null].map((ok) => checkWord({ ok }))).toEqual(['ok', 'missing', 'unknown']);
});

test('what was found stays when looking again goes wrong', async () => {
  const api = new PretendApi().answer('GET /github', ACCESS);
  const view = new AccessView(api);
  await view.look();

  api.answer('GET /github', new Problem(503, 'unavailable', 'The database is away.'));
  await view.look();

  expect(view.looking.refusal).toBe('The database is away.');
  expect(view.access?.repository).toBe('acme/shop');
});
