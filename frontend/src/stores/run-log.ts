/**
 * An agent's events as the rows a person reads, in the order of the agent's own numbers.
 *
 * Events may come in any order and more than once. A tool call and its result are one row; what is missing in between is a
 * row of its own until it comes. Rows are replaced, never changed, so that a screen sees what is new by identity.
 */

import { baseOf, numberOf, resultOf, rowOf, textOf, type FedEvent, type GapRow, type Row } from './run-rows.ts';

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
  #saidRows = new Map<string, number>();
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
    return this.rows.slice(0, end).map((row) => asOf(row, then));
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
    this.#saidRows.clear();
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
    else if (!this.#takeFate(event)) {
      const row = rowOf(event, event.seq === null ? `line-${line}` : String(event.seq));
      if (row.kind === 'tool') this.#toolRows.set(textOf(event.data['id']), this.rows.length);
      if (row.kind === 'said') this.#saidRows.set(textOf(event.data['message']), this.rows.length);
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

  /** True when the event tells what has become of words that stand above. */
  #takeFate({ at, data }: FedEvent): boolean {
    const index = this.#saidRows.get(textOf(data['delivered'] ?? data['undelivered']));
    const row = index === undefined ? undefined : this.rows[index];
    if (index === undefined || row?.kind !== 'said') return false;
    this.rows[index] = { ...row, fate: { at, is: data['delivered'] === undefined ? 'not delivered' : 'delivered' } };
    return true;
  }
}

function gapRow(from: number, { after, event }: Placed): GapRow {
  return { key: `gap-${from}`, at: event.at, isNested: false, kind: 'gap', from, to: after - 1 };
}

/** The row as it stood then. */
function asOf(row: Row, then: string): Row {
  if (row.kind === 'tool' && row.result && row.result.at > then) return { ...row, result: null };
  if (row.kind === 'said' && row.fate && row.fate.at > then) return { ...row, fate: null };
  return row;
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
