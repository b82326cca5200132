/** A chat's turns, and what each frame of its feed does to them. */

import type { Choice, Frame, ToolItem, Turn, Usage } from '#api/shapes.ts';

interface TurnFrames {
  'turn.started': { turn: string; number: number; said: string; said_by: Turn['said_by'] };
  'turn.text': { turn: string; round: number; text: string };
  'turn.tool_started': { turn: string; round: number; id: string; name: string; input: unknown };
  'turn.tool_finished': { turn: string; id: string; name: string; result: unknown; is_error: boolean; ms: number };
  'turn.restarted': { turn: string; round: number };
  'turn.choice': { turn: string; choice: Choice };
  'choice.taken': { choice: string; option: string | null; state: Choice['state'] };
  'turn.finished': { turn: string; reason: NonNullable<Turn['reason']>; detail: string | null; usage: Usage; cost_usd: number; ms: number };
  'command.answered': { id: string; text: string; markdown: string; at: string };
}

type Kind = keyof TurnFrames;
type Effects = { [K in Kind]: (turns: Turn[], data: TurnFrames[K], at: string) => void };

const EFFECTS: Effects = {
  'turn.started'(turns, { turn: id, number, said, said_by }, at) {
    const turn = turnOf(turns, id);
    Object.assign(turn, { number, said, said_by, state: 'running', started_at: turn.started_at ?? at });
  },
  'turn.text'(turns, { turn: id, round, text }) {
    const { items } = turnOf(turns, id);
    const last = items.at(-1);
    if (last?.type === 'text' && (last.round === undefined || last.round === round)) {
      last.text += text;
      last.round = round;
    } else items.push({ type: 'text', text, round });
  },
  'turn.tool_started'(turns, { turn: id, id: call, name, input }) {
    const turn = turnOf(turns, id);
    if (!toolOf(turn, call)) turn.items.push({ type: 'tool', id: call, name, input, result: null, is_error: false, ms: null });
  },
  'turn.tool_finished'(turns, { turn: id, id: call, name, result, is_error, ms }) {
    const turn = turnOf(turns, id);
    const tool = toolOf(turn, call);
    if (tool) Object.assign(tool, { result, is_error, ms });
    else turn.items.push({ type: 'tool', id: call, name, input: null, result, is_error, ms });
  },
  'turn.restarted'(turns, { turn: id, round }) {
    const turn = turnOf(turns, id);
    const last = turn.items.at(-1);
    turn.items = turn.items.filter((item) => item.type !== 'text' || (item.round !== round && !(item === last && item.round === undefined)));
  },
  'turn.choice'(turns, { turn: id, choice }) {
    const turn = turnOf(turns, id);
    if (!choiceOf([turn], choice.id)) turn.items.push({ type: 'choice', choice });
  },
  'choice.taken'(turns, { choice: id, option, state }) {
    const choice = choiceOf(turns, id);
    if (choice) Object.assign(choice, { state, taken: option });
  },
  'turn.finished'(turns, { turn: id, reason, detail, usage, cost_usd, ms }, at) {
    const turn = turnOf(turns, id);
    // It took as long as the server says: its frames are a moment younger than what they tell of.
    const started_at = turn.started_at && new Date(turn.started_at).toISOString(); // to the millisecond, as `ms` is
    const finished_at = started_at ? new Date(Date.parse(started_at) + ms).toISOString() : at;
    Object.assign(turn, { state: 'finished', reason, detail, usage, cost_usd, started_at, finished_at });
  },
  'command.answered'(turns, { id, text, markdown, at }) {
    answerCommand(turns, { id, text, markdown, at });
  },
};

/** The turns are as they stand after the frame. */
export function applyFrame(turns: Turn[], frame: Frame): void {
  const effect = EFFECTS[frame.kind as Kind] as ((turns: Turn[], data: unknown, at: string) => void) | undefined;
  effect?.(turns, frame.data, frame.at);
}

/** A command and its answer stand in the chat, once. */
export function answerCommand(turns: Turn[], { id, text, markdown, at }: { id: string; text: string; markdown: string; at: string }): void {
  const turn = turnOf(turns, id);
  Object.assign(turn, { said: text, state: 'finished', reason: 'end', started_at: at, finished_at: at });
  turn.items = [{ type: 'command', markdown }];
}

/** A turn the server has taken stands in the chat; one that is there already keeps what came live. */
export function takeTurn(turns: Turn[], turn: Turn): void {
  if (!turns.some(({ id }) => id === turn.id)) turns.push(turn);
}

export function choiceOf(turns: Turn[], id: string): Choice | undefined {
  for (const { items } of turns) for (const item of items) if (item.type === 'choice' && item.choice.id === id) return item.choice;
  return undefined;
}

/** Commands cost nothing and have no model behind them. */
export function isCommand(turn: Turn): boolean {
  return turn.items.some(({ type }) => type === 'command');
}

/** What a screen reader is told of a turn: each paragraph as it is whole, never one that still grows. */
export function announcement(turn: Turn | undefined): string {
  if (!turn) return '';
  const text = turn.items.map((item) => (item.type === 'text' ? item.text : item.type === 'command' ? item.markdown : '\n\n')).join('');
  const paragraphs = text.split(/\n{2,}/);
  const whole = turn.state === 'finished' ? paragraphs : paragraphs.slice(0, -1);
  return whole.map((paragraph) => paragraph.trim()).filter(Boolean).at(-1) ?? '';
}

function turnOf(turns: Turn[], id: string): Turn {
  const known = turns.find((turn) => turn.id === id);
  if (known) return known;
  const number = (turns.at(-1)?.number ?? 0) + 1;
  turns.push({
    id,
    number,
    said: '',
    said_by: null,
    state: 'running',
    reason: null,
    detail: null,
    started_at: null,
    finished_at: null,
    usage: null,
    cost_usd: null,
    items: [],
  });
  return turns.at(-1)!; // as the list holds it: a screen sees changes to this one alone
}

function toolOf(turn: Turn, id: string): ToolItem | undefined {
  return turn.items.find((item): item is ToolItem => item.type === 'tool' && item.id === id);
}
