/** What a tool call is about, in a line. */

import { firstLine, plainText } from './run-text.ts';

// The input that says most, by the names the agent's tools use; the first that is there is taken.
const TELLING = ['command', 'file_path', 'notebook_path', 'pattern', 'path', 'query', 'url', 'description', 'prompt', 'skill', 'name'];

// Where a runner keeps the repository: the laptop's worktree, and a checkout of GitHub Actions.
const CHECKOUT = /\/\S*?\/worktree\/|\/home\/runner\/work\/[^/\s]+\/[^/\s]+\//g;

/** Paths as they are called in the repository. */
export function atHome(text: string): string {
  return text.replace(CHECKOUT, '');
}

/** The command, the path, the pattern: whatever of the input tells most; empty when nothing does. */
export function toolHeadline(input: unknown): string {
  if (typeof input === 'string') return firstLine(input);
  if (typeof input !== 'object' || input === null) return '';
  const given = input as Record<string, unknown>;
  const telling = TELLING.map((name) => given[name]).find((value): value is string => typeof value === 'string' && value !== '');
  if (telling !== undefined) return atHome(firstLine(telling) + place(given, telling));
  const todos = given['todos'];
  if (Array.isArray(todos)) return `${todos.length} to do`;
  const first = Object.values(given).find((value): value is string => typeof value === 'string');
  return first === undefined ? '' : firstLine(first);
}

/** Where a search looks, beside what it looks for. */
function place(given: Record<string, unknown>, telling: string): string {
  const path = given['path'];
  return telling === given['pattern'] && typeof path === 'string' ? ` in ${firstLine(path)}` : '';
}

/** The input as a person reads it, names and values, without what the headline says already. */
export function inputText(input: unknown, headline = ''): string {
  if (typeof input === 'string') return plainText(input);
  if (typeof input !== 'object' || input === null) return input === null || input === undefined ? '' : String(input);
  return Object.entries(input as Record<string, unknown>)
    .filter(([, value]) => typeof value !== 'string' || atHome(value.trim()) !== headline)
    .map(([name, value]) => `${plainText(name)}: ${typeof value === 'string' ? plainText(value) : plainText(JSON.stringify(value, null, 2))}`)
    .join('\n');
}
