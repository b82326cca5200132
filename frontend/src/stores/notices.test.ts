import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Notice, NoticeTarget } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { Notices, targetWords } from './notices.svelte.ts';

const NOTICE = { id: 'n', kind: 'fix.verified', targets: [] as NoticeTarget[] } as Notice;
const TRY = { number: 1, at: '', took_ms: 120, status: 200, failure: null };

async function loaded() {
  const api = new PretendApi().answer('GET /notices?limit=20', { items: [NOTICE], next_cursor: 'c' });
  const notices = new Notices(api);
  await notices.load();
  return { api, notices };
}

test.each([
  [{ state: 'waiting', try_at: null, tries: [] }, 'not tried yet'],
  [{ state: 'waiting', try_at: null, tries: [{ ...TRY, took_ms: null, status: null }] }, 'under way'],
  [{ state: 'delivered', try_at: null, tries: [TRY] }, 'answered 200 in 120 ms'],
  [{ state: 'waiting', try_at: '2026-11-23T04:10:00Z', tries: [TRY, { ...TRY, status: 503 }] }, 'answered 503 in 120 ms, 2 tries, again at 23 Nov, 04:10'],
  [{ state: 'failed', try_at: null, tries: [{ ...TRY, status: null, failure: 'It is a private address.' }] }, 'It is a private address.'],
] as [NoticeTarget, string][])('a target %j: %s', (target, words) => {
  expect(targetWords(target)).toBe(words);
});

test('older ones stand beneath', async () => {
  const { api, notices } = await loaded();
  api.answer('GET /notices?limit=20&cursor=c', { items: [{ ...NOTICE, id: 'o' }], next_cursor: null });

  await notices.loadMore();

  expect([notices.items?.map(({ id }) => id), notices.hasMore]).toEqual([['n', 'o'], false]);
});

test('what is sent again is shown as it is then', async () => {
  const { api, notices } = await loaded();
  api.answer('POST /notices/n/resend', { ...NOTICE, targets: [{ endpoint: 'hooks.example', state: 'waiting' }] });

  expect(await notices.resend(NOTICE)).toBe(true);

  expect(notices.items?.[0]?.targets[0]?.state).toBe('waiting');
});

test('who may not send it again is told so', async () => {
  const { api, notices } = await loaded();
  api.answer('POST /notices/n/resend', new Problem(403, 'forbidden', 'Only an admin may.'));

  expect(await notices.resend(NOTICE)).toBe(false);

  expect(notices.resending.refusal).toBe('Only an admin may.');
});
