/** An issue's story as a person reads it: what happened in one run together, newest first, each thing a sentence. */

import type { Activity, RunSummary } from '#api/shapes.ts';
import { plainText } from './run-text.ts';
import { counted, moment, plain } from './words.ts';

export interface RunEntry {
  kind: 'run';
  key: string;
  runId: string;
  /** Null while the run itself has not been heard of. */
  run: RunSummary | null;
  /** Oldest first: a run is read from its start. */
  items: Activity[];
}

export interface SingleEntry {
  kind: 'single';
  key: string;
  item: Activity;
}

export type Entry = RunEntry | SingleEntry;

export interface Telling {
  /** What follows the actor's name. */
  text: string;
  /** Markdown beneath it. */
  body: string | null;
  /** The name of an icon. */
  icon: 'plus' | 'list' | 'question' | 'waiting' | 'blocked' | 'running' | 'done' | 'stop' | 'lost' | 'plan' | 'branch' | 'info' | 'check' | 'errors' | 'muted' | 'search' | 'shield';
}

/** Newest entry first; a run's entry stands where its newest activity stands. */
export function entriesOf(activity: Activity[], runs: RunSummary[]): Entry[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const entries: Entry[] = [];
  const groups = new Map<string, RunEntry>();
  for (const item of [...activity].sort((a, b) => b.id - a.id)) {
    if (item.run_id === null || item.kind === 'comment.added') {
      entries.push({ kind: 'single', key: String(item.id), item });
      continue;
    }
    const group = groups.get(item.run_id);
    if (group) group.items.unshift(item);
    else {
      const entry: RunEntry = { kind: 'run', key: item.run_id, runId: item.run_id, run: byId.get(item.run_id) ?? null, items: [item] };
      groups.set(item.run_id, entry);
      entries.push(entry);
    }
  }
  return entries;
}

/** What happened, in a sentence that begins after the actor's name. An unknown kind is told by its own words. */
export function tellingOf({ kind, data }: Activity): Telling {
  const workflow = word(data['workflow']);
  const reason = word(data['reason']);
  const because = word(data['because']) || reason;
  switch (kind) {
    case 'issue.created':
      return say('plus', 'created this issue');
    case 'issue.changed':
      return say('list', changesOf(data['changes']), reason);
    case 'issue.reopened':
      return say('lost', 'reopened this issue: its error is back', because);
    case 'error.seen':
      return say('errors', 'reported its error', because);
    case 'error.healed':
      return say('check', 'saw its error heal by itself', because);
    case 'error.muted':
      return say('muted', `muted its error${untilOf(data)}`, because);
    case 'error.unmuted':
      return say('errors', 'lets its error be heard again', because);
    case 'error.suspected':
      return say('branch', `suspects ${counted(listed(data['suspects']).length, 'commit')}`, suspectsOf(data['suspects']));
    case 'error.handed_over':
      return say('blocked', 'handed its error to a person', because || failuresOf(data['failures']));
    case 'family.split':
      return say('list', `split ${namedOf(data['into'], 'wordings')} off ${namedOf(data['family'], 'its error')}`, because);
    case 'family.merged':
      return say('list', `merged ${namedOf(data['family'], 'another error')} into ${namedOf(data['into'], 'its error')}`, because);
    case 'fix.begun':
      return say('search', `took pull request ${numberOf(data)} for its fix`, because);
    case 'fix.watched':
      return say('search', 'heard of a deployment', because);
    case 'fix.extended':
      return say('waiting', 'watches the fix for longer', because);
    case 'fix.verified':
      return say('shield', 'verified the fix', because);
    case 'fix.failed':
      return say('blocked', 'saw the fix fail', because);
    case 'fix.unproven':
      return say('question', 'could not prove the fix', because);
    case 'comment.added':
      return say('list', 'wrote', word(data['body']));
    case 'spawn.admitted':
      return say('check', `asked for ${workflow || 'a run'}`, word(data['words']));
    case 'spawn.waiting':
      return say('waiting', `asked for ${workflow || 'a run'}; it waits`, reason);
    case 'spawn.refused':
      return say('blocked', `asked for ${workflow || 'a run'}; it was refused`, reason);
    case 'spawn.forced':
      return say('running', 'starts what waits anyway', word(data['because']));
    case 'spawn.withdrawn':
      return say('stop', `withdrew ${workflow || 'a run'}`, reason);
    case 'run.started':
      return say('running', 'started');
    case 'run.finished':
      return say('done', `finished${outcomeOf(data)}`, word(data['summary']));
    case 'run.cancelled':
      return say('stop', 'cancelled the run', reason);
    case 'run.lost':
      return say('lost', 'lost the run', reason || 'The runner has not been heard of for too long.');
    case 'plan.proposed':
      return say('plan', `proposed plan ${versionOf(data)}`);
    case 'plan.approved':
      return say('check', `approved plan ${versionOf(data)}`);
    case 'plan.returned':
      return say('list', `asked for changes to plan ${versionOf(data)}`, word(data['feedback']));
    case 'question.asked':
      return say('question', 'asked', word(data['text']));
    case 'question.answered':
      return say('check', 'answered', word(data['answer']));
    case 'patch.proposed':
      return say('branch', `proposed a patch${verdictOf(data)}`, listOf(data['reasons']));
    case 'patch.published':
      return say('branch', `put the patch on ${word(data['branch']) || 'its branch'}`);
    case 'patch.unpublished':
      return say('blocked', 'could not put the patch on its branch', reason);
    case 'pull.opened':
      return say('branch', `opened ${data['draft'] === true ? 'a draft of pull request' : 'pull request'} ${numberOf(data)}`, word(data['title']));
    case 'pull.linked':
      return say('branch', `linked pull request ${numberOf(data)} to this issue`, word(data['title']));
    case 'pull.merged':
      return say('done', `merged pull request ${numberOf(data)}`);
    case 'pull.closed':
      return reason === '' ? say('stop', `closed pull request ${numberOf(data)}`) : say('list', `said why pull request ${numberOf(data)} was closed`, reason);
    case 'pull.reviewed':
      return say('check', `reviewed pull request ${numberOf(data)}: ${plain(word(data['verdict']))}`);
    case 'ci.failed':
      return say('blocked', `failed on pull request ${numberOf(data)}${data['gave_up'] === true ? '; no further repair is tried' : ''}`, word(data['check']));
    case 'ci.not_started':
      return say('waiting', `saw no CI start on pull request ${numberOf(data)}`, word(data['because']));
    default:
      return say('info', plain(kind.replace('.', ' ')));
  }
}

function say(icon: Telling['icon'], text: string, body = ''): Telling {
  return { icon, text, body: body === '' ? null : body };
}

/** `changed priority from P3 to P1 and the description`. */
function changesOf(changes: unknown): string {
  if (typeof changes !== 'object' || changes === null) return 'changed this issue';
  const told = Object.entries(changes as Record<string, unknown>).map(([field, values]) => changeOf(field, values));
  return told.length === 0 ? 'changed this issue' : told.join(' and ');
}

function changeOf(field: string, values: unknown): string {
  const [before, after] = Array.isArray(values) ? (values as unknown[]) : [];
  if (field === 'status') return `moved it from ${word(before)} to ${word(after)}`;
  if (field === 'title') return `renamed it to “${word(after)}”`;
  if (field === 'description') return 'rewrote the description';
  if (field === 'labels') return labelsChange(before, after);
  return `set ${field} from ${word(before)} to ${word(after)}`;
}

function labelsChange(before: unknown, after: unknown): string {
  const [was, is] = [before, after].map((names) => (Array.isArray(names) ? names.map(word) : [])) as [string[], string[]];
  const added = is.filter((name) => !was.includes(name));
  const removed = was.filter((name) => !is.includes(name));
  return [added.length > 0 ? `added ${added.join(', ')}` : '', removed.length > 0 ? `removed ${removed.join(', ')}` : '']
    .filter((part) => part !== '')
    .join(' and ');
}

function outcomeOf(data: Record<string, unknown>): string {
  const outcome = word(data['outcome']);
  return outcome === '' ? '' : `: ${plain(outcome)}`;
}

function numberOf(data: Record<string, unknown>): string {
  return `#${word(data['number'])}`;
}

function versionOf(data: Record<string, unknown>): string {
  const version = data['version'];
  return typeof version === 'number' ? `version ${version}` : '';
}

function verdictOf(data: Record<string, unknown>): string {
  const verdict = word(data['verdict']);
  return verdict === '' ? '' : `; it was ${verdict}`;
}

function listOf(reasons: unknown): string {
  return listed(reasons).map((reason) => `- ${word(reason)}`).join('\n');
}

function suspectsOf(suspects: unknown): string {
  return listed(suspects)
    .map((suspect) => {
      const { sha, title, because } = suspect as Record<string, unknown>;
      return `- \`${word(sha).slice(0, 8)}\` ${word(title)}: ${word(because)}`;
    })
    .join('\n');
}

/** An error by its name. */
function namedOf(name: unknown, otherwise: string): string {
  return word(name) || otherwise;
}

function untilOf({ until }: Record<string, unknown>): string {
  return typeof until === 'string' ? ` until ${moment(until)}` : '';
}

function failuresOf(failures: unknown): string {
  return typeof failures === 'number' ? `Agents failed at it ${counted(failures, 'time')} in a row.` : '';
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function word(value: unknown): string {
  if (typeof value === 'string') return plainText(value);
  return typeof value === 'number' ? String(value) : '';
}
