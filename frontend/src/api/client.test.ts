import { expect, test } from 'vitest';
import { createApi, Problem } from './client.ts';

function answering(status: number, body: unknown, seen: { input?: string; init?: RequestInit | undefined } = {}) {
  return (input: string, init?: RequestInit): Promise<Response> => {
    Object.assign(seen, { input, init });
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status }));
  };
}

test('a write carries the proof that it comes from our own page', async () => {
  const seen: { input?: string; init?: RequestInit } = {};

  await createApi({ fetch: answering(200, { ok: true }, seen) }).post('/issues', { title: 'x' });

  expect(seen.input).toBe('/api/issues');
  expect(seen.init?.headers).toMatchObject({ 'x-requested-with': 'dispatch', 'content-type': 'application/json' });
});

test("a refusal is thrown with the server's own sentence", async () => {
  const problem = { type: 'about:blank', title: 'Conflict', status: 409, detail: 'A run is under way.', code: 'issue_busy', trace_id: 't1' };

  const asked = createApi({ fetch: answering(409, problem) }).post('/issues/D-1/spawn');

  await expect(asked).rejects.toMatchObject({ status: 409, code: 'issue_busy', message: 'A run is under way.', traceId: 't1' });
});

test('an answer that is no problem document still becomes a sentence', async () => {
  const fetch = () => Promise.resolve(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));

  await expect(createApi({ fetch }).get('/board')).rejects.toThrow('The server answered 502 Bad Gateway.');
});

test('a server out of reach is said so', async () => {
  const asked = createApi({ fetch: () => Promise.reject(new TypeError('failed')) }).get('/board');

  await expect(asked).rejects.toSatisfy((error) => error instanceof Problem && error.isOffline);
});

test('a lost session is told once, but a wrong password is not one', async () => {
  let told = 0;
  const api = createApi({ fetch: answering(401, { detail: 'Sign in.' }), onUnauthenticated: () => (told += 1) });

  await expect(api.post('/auth', {})).rejects.toThrow('Sign in.');
  expect(told).toBe(0);

  await expect(api.get('/board')).rejects.toThrow('Sign in.');
  expect(told).toBe(1);
});
