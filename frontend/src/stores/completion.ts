/** What the terminal's input offers while somebody types: commands after `/`, identifiers after their prefix. */

import type { Command, IssueCard } from '#api/shapes.ts';

export interface Offer {
  /** What the word becomes. */
  word: string;
  help: string;
}

export interface Completion {
  /** Where the word that is being typed begins. */
  from: number;
  offers: Offer[];
}

export interface Vocabulary {
  commands: Command[];
  issues: Pick<IssueCard, 'identifier' | 'title'>[];
  prefix: string;
}

const MOST = 8;
export const NOTHING: Completion = { from: 0, offers: [] };

/** The offers for the word before the caret; none when it is whole already. */
export function complete(text: string, caret: number, { commands, issues, prefix }: Vocabulary): Completion {
  const before = text.slice(0, caret);
  const word = /\S*$/.exec(before)?.[0] ?? '';
  const from = caret - word.length;
  if (from === 0 && word.startsWith('/')) return whole(word, { from, offers: commandsLike(word, commands) });
  if (isIdentifierBegun(word, prefix)) return whole(word, { from, offers: issuesLike(word, issues) });
  return NOTHING;
}

/** The text with the offer in the word's place, and where the caret then stands. */
export function take(text: string, caret: number, from: number, { word }: Offer): { text: string; caret: number } {
  const rest = text.slice(caret);
  const gap = rest.startsWith(' ') ? '' : ' ';
  return { text: text.slice(0, from) + word + gap + rest, caret: from + word.length + 1 };
}

function commandsLike(word: string, commands: Command[]): Offer[] {
  const named = (name: string): string => (name.startsWith('/') ? name : `/${name}`);
  return commands
    .filter(({ name }) => named(name).startsWith(word.toLowerCase()))
    .map(({ name, usage, help }) => ({ word: named(name), help: `${usage.replace(/^\/?\S+\s*/, '')} ${help}`.trim() }));
}

function isIdentifierBegun(word: string, prefix: string): boolean {
  const upper = word.toUpperCase();
  const stem = `${prefix.toUpperCase()}-`;
  return word.length >= 2 && (stem.startsWith(upper) || upper.startsWith(stem));
}

function issuesLike(word: string, issues: Vocabulary['issues']): Offer[] {
  return issues
    .filter(({ identifier }) => identifier.startsWith(word.toUpperCase()))
    .slice(0, MOST)
    .map(({ identifier, title }) => ({ word: identifier, help: title }));
}

function whole(word: string, completion: Completion): Completion {
  const isWhole = completion.offers.length === 1 && completion.offers[0]?.word.toLowerCase() === word.toLowerCase();
  return isWhole ? NOTHING : completion;
}
