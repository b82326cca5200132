import { describe, expect, test } from 'vitest';
import type { Frame, Turn } from '#api/shapes.ts';
import { announcement, applyFrame, takeTurn } from './turns.ts';

const AT = '2026-11-22T12:00:00Z';

function play(...frames: [kind: string, data: unknown][]): Turn[] {
  const turns: Turn[] = [];
  frames.forEach(([kind, data], index) => applyFrame(turns, { topic: 'chat:1', seq: index + 1, kind, at: AT, data } satisfies Frame));
  return turns;
}

const started = (turn = 't1'): [string, unknown] => ['turn.started', { turn, number: 1, said: 'look', said_by: null }];
const text = (words: string, round = 1): [string, unknown] => ['turn.text', { turn: 't1', round, text: words }];
const tool = (id = 'a', round = 1): [string, unknown] => ['turn.tool_started', { turn: 't1', round, id, name: 'get_issue', input: {} }];
const usage = { input_tokens: 1, output_tokens: 2, cache_read_tokens: 0, cache_write_tokens: 0 };

describe('a turn that comes live', () => {
  test('its text grows in one piece', () => {
    const [turn] = play(started(), text('Hel'), text('lo'));

    expect(turn?.items).toEqual([{ type: 'text', text: 'Hello', round: 1 }]);
  });

  test('text and tools stay in the order they came', () => {
    const [turn] = play(started(), text('First'), tool(), text('then', 2));

    expect(turn?.items.map(({ type }) => type)).toEqual(['text', 'tool', 'text']);
  });

  test('a tool call gets its result', () => {
    const [turn] = play(started(), tool('a'), ['turn.tool_finished', { turn: 't1', id: 'a', name: 'get_issue', result: { ok: 1 }, is_error: false, ms: 12 }]);

    expect(turn?.items).toEqual([{ type: 'tool', id: 'a', name: 'get_issue', input: {}, result: { ok: 1 }, is_error: false, ms: 12 }]);
  });

  test('a round that begins again drops what it had said', () => {
    const [turn] = play(started(), text('kept'), tool(), text('dropped', 2), ['turn.restarted', { turn: 't1', round: 2 }], text('again', 2));

    expect(turn?.items.filter(({ type }) => type === 'text')).toMatchObject([{ text: 'kept' }, { text: 'again' }]);
  });

  test('it ends with its reason, what it cost, and after the time the server measured', () => {
    const [turn] = play(started(), ['turn.finished', { turn: 't1', reason: 'rounds', detail: 'Ten rounds.', usage, cost_usd: 0.02, ms: 900 }]);

    expect(turn).toMatchObject({ state: 'finished', reason: 'rounds', detail: 'Ten rounds.', cost_usd: 0.02, finished_at: '2026-11-22T12:00:00.900Z' });
  });
});

test('live text goes on where the snapshot ended', () => {
  const turns = play(started());
  turns[0]?.items.push({ type: 'text', text: 'Hel' });

  applyFrame(turns, { topic: 'chat:1', seq: 9, kind: 'turn.text', at: AT, data: { turn: 't1', round: 1, text: 'lo' } });

  expect(turns[0]?.items).toMatchObject([{ text: 'Hello' }]);
});

test('a choice is asked once, and shows what was taken', () => {
  const choice = { id: 'c', question: 'Start?', options: [], state: 'open', taken: null };

  const [turn] = play(started(), ['turn.choice', { turn: 't1', choice }], ['choice.taken', { choice: 'c', option: 'yes', state: 'taken' }]);

  expect(turn?.items).toEqual([{ type: 'choice', choice: { ...choice, state: 'taken', taken: 'yes' } }]);
});

test('a command stands once, whether it is answered by HTTP, by the feed or by both', () => {
  const answered: [string, unknown] = ['command.answered', { id: 'k', text: '/status', markdown: 'All quiet.', at: AT }];

  const turns = play(answered, answered);

  expect(turns).toHaveLength(1);
  expect(turns[0]).toMatchObject({ said: '/status', items: [{ type: 'command', markdown: 'All quiet.' }] });
});

test('the answer to POST does not undo what came live before it', () => {
  const turns = play(started(), text('Hello'));

  takeTurn(turns, { ...turns[0]!, items: [], state: 'queued' });

  expect(turns).toHaveLength(1);
  expect(turns[0]?.items).toHaveLength(1);
});

test('only whole paragraphs are announced while a turn grows', () => {
  const turns = play(started(), text('First one.\n\nSecond'));

  expect(announcement(turns[0])).toBe('First one.');

  applyFrame(turns, { topic: 'chat:1', seq: 9, kind: 'turn.finished', at: AT, data: { turn: 't1', reason: 'end', detail: null, usage, cost_usd: 0, ms: 1 } });

  expect(announcement(turns[0])).toBe('Second');
});
