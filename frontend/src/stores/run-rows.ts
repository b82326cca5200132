/** The rows of an agent's log: what an event becomes, and what a row says. Rows are replaced, never changed. */

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
/** A person's words for the agent; `fate` is null while they wait. */
export type SaidRow = RowBase & { kind: 'said'; text: string; fate: { at: string; is: 'delivered' | 'not delivered' } | null };
export type FinishedRow = RowBase & { kind: 'finished'; outcome: string; summary: string; costUsd: number | null; turns: number | null; ms: number | null };
export type GapRow = RowBase & { kind: 'gap'; from: number; to: number };
export type Row = StartedRow | TextRow | ToolRow | NoticeRow | SaidRow | FinishedRow | GapRow;

/** An event as the feed has it: the server's own lines have no number and stand where they came in. */
export type FedEvent = Omit<AgentEvent, 'seq'> & { seq: number | null };

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
    case 'said':
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

/** What has become of a person's words. */
export function deliveryOf({ fate }: SaidRow, isRunning: boolean): 'delivered' | 'waiting' | 'not delivered' {
  return fate?.is ?? (isRunning ? 'waiting' : 'not delivered');
}

function wholeText(row: Row): string {
  switch (row.kind) {
    case 'message':
    case 'thinking':
    case 'notice':
    case 'said':
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

/** What an event becomes, but for a tool's result. */
export function rowOf(event: FedEvent, key: string): Row {
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
      if (event.seq === null && typeof data['message'] === 'string') return { ...base, kind: 'said', text: plainText(textOf(data['text'])), fate: null };
      return { ...base, kind: 'notice', level: levelOf(data['level']), text: plainText(textOf(data['text'])) };
    default:
      return { ...base, kind: 'notice', level: 'info', text: plainText(`${event.kind} ${JSON.stringify(data)}`) };
  }
}

/** What a tool answered. */
export function resultOf({ at, data }: FedEvent): ToolResult {
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

export function baseOf({ at, data }: FedEvent, key: string): RowBase {
  return { key, at, isNested: typeof data['parent'] === 'string' };
}

function levelOf(level: unknown): NoticeRow['level'] {
  return level === 'warning' || level === 'error' ? level : 'info';
}

function cutFrom(data: Record<string, unknown>): number | null {
  return data['cut'] === true ? numberOf(data['full_length']) : null;
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
