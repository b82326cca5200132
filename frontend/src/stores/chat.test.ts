import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Turn } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { Chats } from './chat.svelte.ts';
import { Feed } from './feed.svelte.ts';

const AT = '2026-11-22T12:00:00Z';
const CHAT = { id: '1', title: 'Totals', created_at: AT, updated_at: AT };
const TURN: Turn = {
  id: 't1', number: 1, said: 'look into it', said_by: null, state: 'queued', reason: null, detail: null,
  started_at: null, finished_at: null, usage: null, cost_usd: null, items: [],
};

async function opened(turns: Turn[] = []) {
  const server = new PretendServer();
  const feed = new Feed(server);
  feed.start();
  const api = new PretendApi()
    .answer('GET /chats', { items: [CHAT], next_cursor: null })
    .answer('POST /chats', CHAT)
    .answer('GET /chats/1', { chat: CHAT, turns, turns_before: 0, watch_after: 0 });
  const chats = new Chats(api, feed, { now: () => AT });
  await server.pass(10);
  return { api, chats, server };
}

const say = (server: PretendServer, kind: string, data: unknown): void => server.publish('chat:1', data, kind);

test('the first words begin a chat', async () => {
  const { api, chats } = await opened();
  api.answer('POST /chats/1/turns', { turn: TURN });

  expect(await chats.send('look into it')).toBe(true);

  expect(chats.current?.id).toBe('1');
  expect(chats.turns).toMatchObject([{ said: 'look into it', state: 'queued' }]);
});

test('a chat that is opened goes on live where its snapshot ends', async () => {
  const { chats, server } = await opened([TURN]);
  await chats.enter('1');

  say(server, 'turn.text', { turn: 't1', round: 1, text: 'Hello' });

  expect(chats.turns).toMatchObject([{ items: [{ type: 'text', text: 'Hello' }] }]);
});

test('words the server refuses are not in the chat, and its sentence is shown', async () => {
  const { api, chats } = await opened();
  api.answer('POST /chats/1/turns', new Problem(409, 'too_many_turns_wait', 'Too many turns wait in this chat.'));

  expect(await chats.send('and this')).toBe(false);

  expect(chats.refusal).toBe('Too many turns wait in this chat.');
  expect(chats.turns).toEqual([]);
  expect(chats.pending).toEqual([]);
});

test('words said while a chat is being opened wait for it and are said there', async () => {
  const { api, chats } = await opened([TURN]);
  api.answer('POST /chats/1/turns', { turn: { ...TURN, id: 't2', number: 2, said: 'and this' } });
  const letOpen = api.hold('GET /chats/1');

  const entering = chats.enter('1');
  const sending = chats.send('and this');
  expect(chats.pending).toMatchObject([{ text: 'and this' }]);
  letOpen();
  await Promise.all([entering, sending]);

  expect(chats.turns).toMatchObject([{ said: 'look into it' }, { said: 'and this' }]);
  expect(chats.pending).toEqual([]);
  expect(api.asked.filter(({ method }) => method === 'POST')).toMatchObject([{ path: '/chats/1/turns' }]);
});

test('words said before it is known which chat was open last are said in that one', async () => {
  const { api, chats } = await opened();
  api.answer('POST /chats/1/turns', { turn: TURN });
  const letList = api.hold('GET /chats');

  const entering = chats.enterNewest();
  const sending = chats.send('look into it');
  letList();
  await Promise.all([entering, sending]);

  expect(chats.current?.id).toBe('1');
  expect(chats.turns).toMatchObject([{ said: 'look into it' }]);
  expect(api.asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('two things said one after the other begin one chat and stay in order', async () => {
  const { api, chats } = await opened();
  api.answer('GET /chats', { items: [], next_cursor: null });
  api.answer('POST /chats/1/turns', (body: unknown) => ({ turn: { ...TURN, id: (body as { text: string }).text, said: (body as { text: string }).text } }));
  const letBegin = api.hold('POST /chats');
  await chats.enterNewest();

  const sending = [chats.send('one'), chats.send('two')];
  expect(chats.pending).toMatchObject([{ text: 'one' }, { text: 'two' }]);
  letBegin();
  await Promise.all(sending);

  expect(api.asked.filter(({ method, path }) => method === 'POST' && path === '/chats')).toHaveLength(1);
  expect(chats.turns).toMatchObject([{ said: 'one' }, { said: 'two' }]);
});

test('words said in a chat that cannot be opened come back to who said them', async () => {
  const { api, chats } = await opened();
  api.answer('GET /chats/1', new Problem(404, 'not_found', 'There is no such chat.'));

  const entering = chats.enter('1');
  expect(await chats.send('and this')).toBe(false);
  await entering;

  expect(chats.failure).toMatchObject({ message: 'There is no such chat.' });
  expect(chats.refusal).toBeNull();
  expect(chats.pending).toEqual([]);
});

test('a chat that was begun and left at once is not shown in another, and has its words', async () => {
  const { api, chats } = await opened();
  api.answer('POST /chats', { ...CHAT, id: '2' }).answer('POST /chats/2/turns', { turn: TURN });
  const letBegin = api.hold('POST /chats');

  const sending = chats.send('look into it');
  await chats.enter('1');
  letBegin();

  expect(await sending).toBe(true);
  expect(chats.current?.id).toBe('1');
  expect(chats.turns).toEqual([]);
  expect(api.asked.some(({ path }) => path === '/chats/2/turns')).toBe(true);
});

test('words that stand in the chat already are no longer on their way', async () => {
  const { api, chats, server } = await opened();
  api.answer('POST /chats/1/turns', { turn: TURN });
  await chats.enter('1');
  const letAnswer = api.hold('POST /chats/1/turns');

  const sending = chats.send('look into it');
  say(server, 'turn.started', { turn: 't1', number: 1, said: 'look into it', said_by: null });

  expect(chats.pending).toEqual([]);
  expect(chats.turns).toHaveLength(1);
  letAnswer();
  await sending;
});

test('a command is answered at once', async () => {
  const { api, chats } = await opened();
  api.answer('POST /chats/1/turns', { id: 'k', text: '/status', markdown: 'All quiet.' });

  await chats.send('/status');

  expect(chats.turns).toMatchObject([{ said: '/status', state: 'finished', items: [{ type: 'command', markdown: 'All quiet.' }] }]);
});

test('of two chats opened one after the other the last is shown, whichever answers first', async () => {
  const { api, chats } = await opened();
  api.answer('GET /chats/2', { chat: { ...CHAT, id: '2' }, turns: [], turns_before: 0, watch_after: 0 });
  const letFirstAnswer = api.hold('GET /chats/1');

  const first = chats.enter('1');
  const second = chats.enter('2');
  letFirstAnswer();
  await Promise.all([first, second]);

  expect(chats.current?.id).toBe('2');
});

test('an answer that comes after the chat was left is not shown in another', async () => {
  const { api, chats } = await opened();
  api.answer('POST /chats/1/turns', { turn: TURN });
  await chats.enter('1');
  const letAnswer = api.hold('POST /chats/1/turns');

  const sending = chats.send('look into it');
  chats.leave();
  letAnswer();
  await sending;

  expect(chats.turns).toEqual([]);
});

test('a choice is pressed once, and what it starts is shown', async () => {
  const choice = { id: 'c', question: 'Start?', options: [], state: 'open' as const, taken: null };
  const { api, chats } = await opened([{ ...TURN, items: [{ type: 'choice', choice }] }]);
  api.answer('POST /choices/c', { choice: { ...choice, state: 'taken', taken: 'yes' }, turn: { ...TURN, id: 't2', number: 2 } });
  await chats.enter('1');

  await Promise.all([chats.choose('c', 'yes'), chats.choose('c', 'yes')]);

  expect(api.asked.filter(({ path }) => path === '/choices/c')).toHaveLength(1);
  expect(chats.turns).toMatchObject([{ items: [{ choice: { state: 'taken', taken: 'yes' } }] }, { id: 't2' }]);
});

test('stop is asked once until the turn has ended', async () => {
  const { api, chats, server } = await opened([{ ...TURN, state: 'running' }]);
  api.answer('POST /chats/1/stop', { turns: [] });
  await chats.enter('1');

  await chats.stop();
  await chats.stop();
  expect(api.asked.filter(({ path }) => path === '/chats/1/stop')).toHaveLength(1);

  say(server, 'turn.finished', { turn: 't1', reason: 'stopped', detail: null, usage: null, cost_usd: 0, ms: 1 });
  expect(chats.isStopping).toBe(false);
  expect(chats.open).toBeUndefined();
});
