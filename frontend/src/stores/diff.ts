/** Diffs as data: from `git diff` text and from the hunks an editing tool reports. */

import { plainText } from './run-text.ts';

export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'note';
  /** Line numbers before and after; null where the line does not stand. */
  before: number | null;
  after: number | null;
  text: string;
}

export interface DiffHunk {
  header: string;
  lines: DiffLine[];
}

export interface DiffFile {
  path: string;
  /** Where it stood before it was moved. */
  movedFrom: string | null;
  status: 'A' | 'M' | 'D' | 'R';
  additions: number;
  deletions: number;
  isBinary: boolean;
  hunks: DiffHunk[];
}

/** A hunk as the agent's editing tool reports it. */
export interface ToolHunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: string[];
}

/** The files of a unified diff in git's form; text before the first file (a mail's head) is passed over. */
export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = [];
  let file: DiffFile | null = null;
  let left = { before: 0, after: 0 };
  let at = { before: 0, after: 0 };
  for (const line of text.split('\n')) {
    const hunk = file?.hunks.at(-1);
    if (file && hunk && (left.before > 0 || left.after > 0 || line.startsWith('\\'))) {
      const read = readLine(line, at);
      hunk.lines.push(read);
      count(file, read, left);
      continue;
    }
    const range = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (file && range) {
      at = { before: Number(range[1]), after: Number(range[3]) };
      left = { before: Number(range[2] ?? 1), after: Number(range[4] ?? 1) };
      file.hunks.push({ header: plainText(line), lines: [] });
    } else if (line.startsWith('diff --git ')) {
      file = emptyFile(line);
      files.push(file);
    } else if (file) {
      readHeader(file, line);
    }
  }
  return files;
}

/** The hunks of one edit, with line numbers. */
export function hunksOf(hunks: ToolHunk[]): DiffHunk[] {
  return hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => {
    const at = { before: oldStart, after: newStart };
    return {
      header: `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
      lines: lines.map((line) => readLine(line, at)),
    };
  });
}

function readLine(line: string, at: { before: number; after: number }): DiffLine {
  const text = plainText(line.slice(1));
  switch (line[0]) {
    case '+':
      return { kind: 'added', before: null, after: at.after++, text };
    case '-':
      return { kind: 'removed', before: at.before++, after: null, text };
    case '\\':
      return { kind: 'note', before: null, after: null, text: text.trim() };
    default:
      return { kind: 'same', before: at.before++, after: at.after++, text };
  }
}

function count(file: DiffFile, { kind }: DiffLine, left: { before: number; after: number }): void {
  if (kind === 'added') file.additions += 1;
  if (kind === 'removed') file.deletions += 1;
  if (kind === 'same' || kind === 'removed') left.before -= 1;
  if (kind === 'same' || kind === 'added') left.after -= 1;
}

function emptyFile(line: string): DiffFile {
  const names = /^diff --git (?:"a\/(.*)"|a\/(.*)) (?:"b\/(.*)"|b\/(.*))$/.exec(line);
  const path = plainText(names?.[3] ?? names?.[4] ?? line.slice('diff --git '.length));
  return { path, movedFrom: null, status: 'M', additions: 0, deletions: 0, isBinary: false, hunks: [] };
}

function readHeader(file: DiffFile, line: string): void {
  if (line.startsWith('new file mode')) file.status = 'A';
  else if (line.startsWith('deleted file mode')) file.status = 'D';
  else if (line.startsWith('rename from ')) Object.assign(file, { status: 'R', movedFrom: plainText(line.slice('rename from '.length)) });
  else if (line.startsWith('rename to ')) file.path = plainText(line.slice('rename to '.length));
  else if (line.startsWith('Binary files ') || line === 'GIT binary patch') file.isBinary = true;
}
