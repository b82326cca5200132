import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '#api/shapes.ts';
import { RunLog } from './run-log.ts';
import { deliveryOf, findRows, isErrorRow, lineOf, rowText, type FedEvent, type SaidRow } from './run-rows.ts';

const START = Date.parse('2026-11-22T15:00:00.000Z');

function event(seq: number, kind: AgentEvent['kind'], data: Record<string, unknown> = {}): AgentEvent {
  return { seq, at: new Date(START + seq * 1000).toISOString(), kind, data };
}

const RUN: AgentEvent[] = [
  event(1, 'started', { model: 'claude-opus-5-5', cli_version: '2.1.330' }),
  event(2, 'message', { text: 'Looking at the discount.' }),
  event(3, 'tool_use', { id: 'a', name: 'Bash', input: { command: 'python3 -m unittest' } }),
  event(4, 'tool_use', { id: 'b', name: 'Grep', input: { pattern: 'discount', path: 'orders' } }),
  event(5, 'tool_result', { id: 'a', text: '\u001b[31mFAILED\u001b[0m', is_error: true, ms: 420 }),
  event(6, 'usage', { metered_usd: 0.12 }),
  event(7, 'tool_result', { id: 'b', text: 'orders/total.py:12', is_error: false }),
  event(8, 'finished', { outcome: 'completed', summary: 'Fixed.' }),
];

function logOf(...events: FedEvent[]): RunLog {
  const log = new RunLog();
  log.add(events);
  return log;
}

describe('a log', () => {
  test('joins each tool call with its result', () => {
    const { rows } = logOf(...RUN);

    expect(rows.map(({ kind }) => kind)).toEqual(['started', 'message', 'tool', 'tool', 'finished']);
    expect(rows[2]).toMatchObject({ name: 'Bash', headline: 'python3 -m unittest', result: { text: 'FAILED', isError: true, ms: 420 } });
    expect(rows[3]).toMatchObject({ headline: 'discount in orders', result: { text: 'orders/total.py:12' } });
  });

  test('keeps the meter', () => {
    expect(logOf(...RUN).meteredUsd).toBe(0.12);
  });

  test('shows no event twice', () => {
    const log = logOf(...RUN);

    expect(log.add(RUN)).toBe(false);
    expect(log.rows).toHaveLength(5);
  });

  test('is the same whatever order events come in and however they are cut into batches', () => {
    const whole = logOf(...RUN).rows;
    const arrivals = fc.shuffledSubarray(RUN, { minLength: RUN.length, maxLength: RUN.length });

    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 4 }), (events, size) => {
        const log = new RunLog();
        for (let at = 0; at < events.length; at += size) log.add(events.slice(at, at + size));
        expect(log.rows).toEqual(whole);
      }),
    );
  });

  test('calls files as the repository calls them', () => {
    const reading = (seq: number, path: string) => event(seq, 'tool_use', { id: String(seq), name: 'Read', input: { file_path: path } });
    const { rows } = logOf(reading(1, '/data/runs/17/worktree/shop/orders.py'), reading(2, '/home/runner/work/shop/shop/orders.py'), reading(3, '/etc/hosts'));

    expect(rows.map(lineOf)).toEqual(['Read shop/orders.py', 'Read orders.py', 'Read /etc/hosts']);
  });

  test('says what it waits for, until it comes', () => {
    const log = logOf(event(1, 'message', { text: 'a' }), event(4, 'message', { text: 'd' }));

    expect(log.rows.map(lineOf)).toEqual(['a', 'Waiting for lines 2 to 3.', 'd']);

    log.add([event(2, 'message', { text: 'b' }), event(3, 'message', { text: 'c' })]);
    expect(log.rows.map(lineOf)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('waits for nothing once the run has ended', () => {
    const log = logOf(event(1, 'message', { text: 'a' }), event(3, 'message', { text: 'c' }));

    log.end();

    expect(log.rows.map(lineOf)).toEqual(['a', 'c']);
  });

  test("a line of the server's own stands where it came in, and stays there", () => {
    const said = { seq: null, at: event(1, 'notice').at, kind: 'notice', data: { level: 'info', text: 'Ana says: look at tests' } } as const;
    const log = logOf(event(1, 'message', { text: 'a' }), event(3, 'message', { text: 'c' }), said);

    log.add([event(4, 'message', { text: 'd' }), event(2, 'message', { text: 'b' })]);

    expect(log.rows.map(lineOf)).toEqual(['a', 'b', 'c', 'Ana says: look at tests', 'd']);
  });

  test('shows a result whose call never came', () => {
    const { rows } = logOf(event(1, 'tool_result', { id: 'x', text: 'lonely', is_error: false }));

    expect(rows[0]).toMatchObject({ kind: 'tool', result: { text: 'lonely' } });
  });

  test('a new result replaces its row, so that a screen sees the change', () => {
    const log = logOf(...RUN.slice(0, 4));
    const [before, rows] = [log.rows[2], log.rows];

    log.add(RUN.slice(4));

    expect(log.rows).not.toBe(rows);
    expect(log.rows[2]).not.toBe(before);
  });

  test('marks what a subagent says', () => {
    expect(logOf(event(1, 'message', { text: 'x', parent: 'a' })).rows[0]?.isNested).toBe(true);
  });

  test('shows an event of a kind it does not know', () => {
    expect(logOf({ ...event(1, 'notice'), kind: 'surprise' as AgentEvent['kind'], data: { a: 1 } }).rows.map(lineOf)).toEqual(['surprise {"a":1}']);
  });

  test('stands as it stood at a moment: a tool that was running has no result', () => {
    const rows = logOf(...RUN).rowsAt(START + 4500);

    expect(rows.map(({ kind }) => kind)).toEqual(['started', 'message', 'tool', 'tool']);
    expect(rows[2]).toMatchObject({ result: null });
  });
});

describe('what a person says to the agent', () => {
  const said = (message: string, text: string): FedEvent => ({ seq: null, at: new Date(START + 1500).toISOString(), kind: 'notice', data: { level: 'info', text, message } });
  const told = (data: object): FedEvent => ({ seq: null, at: new Date(START + 3500).toISOString(), kind: 'notice', data: { level: 'info', text: 'So it went', ...data } });
  const deliveries = (log: RunLog, isRunning: boolean) => log.rows.filter((row): row is SaidRow => row.kind === 'said').map((row) => deliveryOf(row, isRunning));

  test('waits, and is delivered where it stands', () => {
    const log = logOf(event(1, 'message', { text: 'a' }), said('m', 'Ada says: Look'), event(2, 'message', { text: 'b' }));
    expect(deliveries(log, true)).toEqual(['waiting']);

    log.add([told({ delivered: 'm' })]);

    expect(deliveries(log, true)).toEqual(['delivered']);
    expect(log.rows.map(lineOf)).toEqual(['a', 'Ada says: Look', 'b']);
  });

  test('is not delivered once the run has ended without it', () => {
    expect(deliveries(logOf(said('m', 'Ada says: Look'), said('n', 'Ada says: Now'), told({ delivered: 'n' })), false)).toEqual(['not delivered', 'delivered']);
  });

  test('is not delivered when the server says so', () => {
    const log = logOf(said('m', 'Ada says: Look'), told({ undelivered: 'm' }));

    expect(deliveries(log, true)).toEqual(['not delivered']);
    expect(log.rows).toHaveLength(1);
  });

  test('waits in a replay until the moment it was delivered', () => {
    const rows = logOf(event(1, 'message', { text: 'a' }), said('m', 'Ada says: Look'), told({ delivered: 'm' })).rowsAt(START + 2000);

    expect(rows[1]).toMatchObject({ kind: 'said', fate: null });
  });

  test('is the server’s to tell: an agent’s own notice is a notice', () => {
    expect(logOf({ ...said('m', 'Ada says: Look'), seq: 1 }).rows[0]?.kind).toBe('notice');
  });
});

test('errors are failed tools, error notices and failed endings', () => {
  const { rows } = logOf(...RUN, event(9, 'notice', { level: 'error', text: 'x' }), event(10, 'finished', { outcome: 'failed', summary: '' }));

  expect(rows.filter(isErrorRow).map(({ key }) => key)).toEqual(['3', '9', '10']);
});

test('search looks through calls, results and diffs', () => {
  const diff = { path: 'a.py', hunks: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: ['-once', '+TWICE'] }] };
  const { rows } = logOf(...RUN, event(9, 'tool_use', { id: 'e', name: 'Edit', input: {} }), event(10, 'tool_result', { id: 'e', text: 'ok', diff }));

  expect(findRows(rows, 'unittest')).toEqual([2]);
  expect(findRows(rows, 'failed')).toEqual([2]);
  expect(findRows(rows, 'twice')).toEqual([5]);
  expect(findRows(rows, '  ')).toEqual([]);
  expect(rowText(rows[5]!)).toContain('+TWICE');
});

test('a hundred thousand events are taken in batches without going over the old ones again', () => {
  const log = new RunLog();
  const events = Array.from({ length: 100_000 }, (_, index) => event(index + 1, 'message', { text: `line ${index}` }));

  for (let at = 0; at < events.length; at += 500) log.add(events.slice(at, at + 500));

  expect(log.rows).toHaveLength(100_000);
  expect(log.rows.at(-1)).toMatchObject({ text: 'line 99999' });
});
