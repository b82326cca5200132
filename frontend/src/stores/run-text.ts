/** What agents and their tools print, made harmless: whatever comes in, only visible characters, tabs and line feeds come out. */

// DCS, OSC, SOS, PM, APC: their payload is never for reading. It ends with its line at the latest, or it could hide the rest.
const STRINGS = '(?:\\u001b[P\\]X^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c\\n]*(?:\\u0007|\\u001b\\\\|\\u009c)?';
const CURSOR_AND_COLOUR = '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?';
const OTHER_ESCAPES = '\\u001b[ -/]*[0-~]?';
const ESCAPES = new RegExp(`${STRINGS}|${CURSOR_AND_COLOUR}|${OTHER_ESCAPES}`, 'g');
const OVERSTRUCK = /[^\n\u0008]\u0008/g;
// What is left of control characters, and what changes the direction of writing: code that reads otherwise than it runs.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const NEEDS_WORK = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** The text as a terminal would have left it standing, without anything that could move a cursor, colour or hide. */
export function plainText(text: string): string {
  if (!NEEDS_WORK.test(text)) return text;
  return text
    .replace(ESCAPES, '')
    .replace(/\r+\n/g, '\n')
    .split('\n')
    .map(lastWritten)
    .join('\n')
    .replace(OVERSTRUCK, '')
    .replace(CONTROLS, '');
}

/** A line that writes over itself, as progress bars do, ends as its last writing. */
function lastWritten(line: string): string {
  const writings = line.split('\r').filter((part) => part !== '');
  return writings.at(-1) ?? '';
}

/** The first line that says something (a rule of dashes says nothing), cut at `longest` letters. */
export function firstLine(text: string, longest = 160): string {
  const lines = plainText(text)
    .split('\n')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const line = lines.find((part) => /[\p{L}\p{N}]/u.test(part)) ?? lines[0] ?? '';
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** How many lines a text has; a line feed at its end begins none. */
export function lineCount(text: string): number {
  if (text === '') return 0;
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < text.length - 1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
