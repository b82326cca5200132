/** One agent event as one line of plain words. */

import type { AgentEvent } from '#api/shapes.ts';
import { toolHeadline } from './run-tools.ts';

/** The line for a run that is shown in one line alone, or null for an event that has nothing to say. */
export function lineOf({ kind, data }: AgentEvent): string | null {
  switch (kind) {
    case 'started':
      return 'The agent has started.';
    case 'message':
    case 'notice':
      return firstLine(data.text);
    case 'thinking':
      return 'Thinking …';
    case 'tool_use':
      return [text(data.name), toolHeadline(data.input)].filter(Boolean).join(' · ') || null;
    case 'tool_result':
      return data.is_error === true ? `${text(data.name)} failed: ${firstLine(data.text) ?? ''}` : null;
    case 'finished':
      return firstLine(data.summary) ?? 'The agent has finished.';
    default:
      return null;
  }
}

// What a call of the orchestrator's tools is about, in the order in which it says most.
const SUBJECTS = ['identifier', 'title', 'query', 'status'];

/** What a tool of the orchestrator was asked about; empty where its input names nothing. */
export function subjectOf(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const named = input as Record<string, unknown>;
  const key = SUBJECTS.find((name) => typeof named[name] === 'string' && named[name] !== '');
  return key ? (firstLine(named[key]) ?? '') : '';
}

function firstLine(value: unknown): string | null {
  const line = text(value)
    .split('\n')
    .find((part) => part.trim() !== '');
  return line?.trim() ?? null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
