/**
 * An agent's events as the rows a person reads, in the order of the agent's own numbers.
 *
 * Events may come in any order and more than once. A tool call and its result are one row; what is missing in between is a
 * row of its own until it comes. Rows are replaced, never changed, so that a screen sees what is new by identity.
 */

import type { AgentEvent } from '#api/shapes.ts';
import type { ToolHunk } from './diff.ts';
import { firstLine, plainText } from './run-text.ts';
import { toolHeadline } from './run-tools.ts';

interface RowBase {
  key: string;
  /** When it happened; a gap has the time of what follows it. */
  at: string;
  /** Said inside a subagent. */
  isNested: boolean;
}

export interface ToolResult {
  at: string;
  text: string;
  isError: boolean;
  ms: number | null;
  diff: { path: string; hunks: ToolHunk[] } | null;
  /** Letters the whole result had, where it was cut. */
  fullLength: number | null;
}

export type StartedRow = RowBase & { kind: 'started'; model: string; version: string };
export type TextRow = RowBase & { kind: 'message' | 'thinking'; text: string; fullLength: number | null };
export type ToolRow = RowBase & { kind: 'tool'; name: string; headline: string; input: unknown; result: ToolResult | null };
export type NoticeRow = RowBase & { kind: 'notice'; level: 'info' | 'warning' | 'error'; text: string };
export type FinishedRow = RowBase & { kind: 'finished'; outcome: string; summary: string; costUsd: number | null; turns: number | null; ms: number | null };
export type GapRow = RowBase & { kind: 'gap'; from: number; to: number };
export type Row = StartedRow | TextRow | ToolRow | NoticeRow | FinishedRow | GapRow;

/** An event as the feed has it: the server's own lines have no number and stand where they came in. */
export type FedEvent = Omit<AgentEvent, 'seq'> & { seq: number | null };

/** `after` is the agent's number, or for a line of the server the newest number before it; `line` orders those. */
interface Placed {
  after: number;
  line: number;
  event: FedEvent;
}

export class RunLog {
  rows: Row[] = [];
  /** What the agent has cost so far by its own meter. */
  meteredUsd: number | null = null;
  #placed: Placed[] = [];
  #known = new Set<number>();
  #newest = 0;
  #lines = 0;
  #toolRows = new Map<string, number>();
  #isEnded = false;

  /** Takes the events in; true when rows have changed. */
  add(events: FedEvent[]): boolean {
    const fresh = events.flatMap((event) => this.#place(event) ?? []).sort(byPlace);
    const [first] = fresh;
    if (!first) return false;
    const last = this.#placed.at(-1);
    if (!last || byPlace(last, first) < 0) this.#append(fresh);
    else this.#rebuild([...this.#placed, ...fresh].sort(byPlace));
    this.rows = [...this.rows];
    return true;
  }

  /** Nothing more is coming: what is still missing is no longer waited for. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.rows.some(({ kind }) => kind === 'gap')) this.#rebuild(this.#placed);
  }

  /** The rows as they stood at a moment: what came later is not there, a tool that was running has no result. */
  rowsAt(at: number): Row[] {
    const then = new Date(at).toISOString();
    const end = firstAfter(this.rows, then);
    return this.rows.slice(0, end).map((row) => (row.kind === 'tool' && row.result && row.result.at > then ? { ...row, result: null } : row));
  }

  #place(event: FedEvent): Placed | null {
    if (event.seq === null) return { after: this.#newest, line: ++this.#lines, event };
    if (this.#known.has(event.seq)) return null;
    this.#known.add(event.seq);
    this.#newest = Math.max(this.#newest, event.seq);
    return { after: event.seq, line: 0, event };
  }

  #rebuild(placed: Placed[]): void {
    this.rows = [];
    this.#placed = [];
    this.#toolRows.clear();
    this.meteredUsd = null;
    this.#append(placed);
  }

  #append(placed: Placed[]): void {
    for (const next of placed) {
      const expected = (this.#placed.at(-1)?.after ?? 0) + 1;
      if (next.after > expected && !this.#isEnded) this.rows.push(gapRow(expected, next));
      this.#placed.push(next);
      this.#take(next);
    }
  }

  #take({ event, line }: Placed): void {
    if (event.kind === 'usage') this.meteredUsd = numberOf(event.data['metered_usd']) ?? this.meteredUsd;
    else if (event.kind === 'tool_result') this.#takeResult(event);
    else {
      const row = rowOf(event, event.seq === null ? `line-${line}` : String(event.seq));
      if (row.kind === 'tool') this.#toolRows.set(textOf(event.data['id']), this.rows.length);
      this.rows.push(row);
    }
  }

  #takeResult(event: FedEvent): void {
    const result = resultOf(event);
    const index = this.#toolRows.get(textOf(event.data['id']));
    const row = index === undefined ? undefined : this.rows[index];
    if (index !== undefined && row?.kind === 'tool') this.rows[index] = { ...row, result };
    else this.rows.push({ ...baseOf(event, `result-${event.seq}`), kind: 'tool', name: 'result', headline: '', input: null, result });
  }
}

/** True for what a person looks for first when a run went wrong. */
export function isErrorRow(row: Row): boolean {
  if (row.kind === 'tool') return row.result?.isError ?? false;
  if (row.kind === 'notice') return row.level === 'error';
  return row.kind === 'finished' && ['failed', 'lost'].includes(row.outcome);
}

/** One line saying what the row says, for the newest line and for those who listen. */
export function lineOf(row: Row): string {
  switch (row.kind) {
    case 'started':
      return `The agent has started${row.model ? ` with ${row.model}` : ''}.`;
    case 'message':
    case 'thinking':
    case 'notice':
      return firstLine(row.text);
    case 'tool':
      return `${row.name} ${row.headline}${row.result?.isError ? ' – failed' : ''}`.trim();
    case 'finished':
      return `Finished: ${row.outcome.replace(/_/g, ' ')}. ${firstLine(row.summary)}`.trim();
    case 'gap':
      return `Waiting for ${gapWords(row)}.`;
  }
}

/** `line 12`, `lines 12 to 15`. */
export function gapWords({ from, to }: { from: number; to: number }): string {
  return from === to ? `line ${from}` : `lines ${from} to ${to}`;
}

const texts = new WeakMap<Row, string>();

/** Everything the row says, as plain text: what search looks through and copy takes. */
export function rowText(row: Row): string {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const text = wholeText(row);
  texts.set(row, text);
  return text;
}

/** The indexes of the rows in which the words occur, whatever their case. */
export function findRows(rows: Row[], query: string): number[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [];
  return rows.flatMap((row, index) => (rowText(row).toLowerCase().includes(wanted) ? [index] : []));
}

function wholeText(row: Row): string {
  switch (row.kind) {
    case 'message':
    case 'thinking':
    case 'notice':
      return row.text;
    case 'tool':
      return [`${row.name} ${row.headline}`.trim(), diffText(row.result), row.result?.text ?? ''].filter((part) => part !== '').join('\n');
    case 'finished':
      return `Finished: ${row.outcome}\n${row.summary}`;
    default:
      return lineOf(row);
  }
}

function diffText(result: ToolResult | null): string {
  return result?.diff?.hunks.flatMap(({ lines }) => lines.map(plainText)).join('\n') ?? '';
}

function rowOf(event: FedEvent, key: string): Row {
  const base = baseOf(event, key);
  const { data } = event;
  switch (event.kind) {
    case 'started':
      return { ...base, kind: 'started', model: plainText(textOf(data['model'])), version: plainText(textOf(data['cli_version'])) };
    case 'message':
    case 'thinking':
      return { ...base, kind: event.kind, text: plainText(textOf(data['text'])), fullLength: cutFrom(data) };
    case 'tool_use': {
      const name = plainText(textOf(data['name']));
      return { ...base, kind: 'tool', name, headline: toolHeadline(data['input']), input: data['input'], result: null };
    }
    case 'finished':
      return {
        ...base,
        kind: 'finished',
        outcome: textOf(data['outcome']),
        summary: plainText(textOf(data['summary'])),
        costUsd: numberOf(data['cost_usd']),
        turns: numberOf(data['num_turns']),
        ms: numberOf(data['duration_ms']),
      };
    case 'notice':
      return { ...base, kind: 'notice', level: levelOf(data['level']), text: plainText(textOf(data['text'])) };
    default:
      return { ...base, kind: 'notice', level: 'info', text: plainText(`${event.kind} ${JSON.stringify(data)}`) };
  }
}

function resultOf({ at, data }: FedEvent): ToolResult {
  const diff = data['diff'] as ToolResult['diff'] | undefined;
  return {
    at,
    text: plainText(textOf(data['text'])),
    isError: data['is_error'] === true,
    ms: numberOf(data['ms']),
    diff: diff && Array.isArray(diff.hunks) ? { path: plainText(textOf(diff.path)), hunks: diff.hunks } : null,
    fullLength: cutFrom(data),
  };
}

function baseOf({ at, data }: FedEvent, key: string): RowBase {
  return { key, at, isNested: typeof data['parent'] === 'string' };
}

function gapRow(from: number, { after, event }: Placed): GapRow {
  return { key: `gap-${from}`, at: event.at, isNested: false, kind: 'gap', from, to: after - 1 };
}

function byPlace(a: Placed, b: Placed): number {
  return a.after - b.after || a.line - b.line;
}

/** The index of the first row after a moment; rows stand in the order of their times, but for a clock set back. */
function firstAfter(rows: Row[], then: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.at ?? '') <= then) low = middle + 1;
    else high = middle;
  }
  return low;
}

function levelOf(level: unknown): NoticeRow['level'] {
  return level === 'warning' || level === 'error' ? level : 'info';
}

function cutFrom(data: Record<string, unknown>): number | null {
  return data['cut'] === true ? numberOf(data['full_length']) : null;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
