/**
 * The shapes the API speaks, by the words of the glossary: named here, generated into `types.ts` from `openapi.json`.
 *
 * Times are ISO-8601 in UTC, money is US dollars as numbers, `null` means "there is none".
 */

import type { components } from './types.ts';

type Schemas = components['schemas'];

export type Workflow = 'auto-investigate' | 'prd-investigate' | 'prd-implement' | 'qa-test' | 'deep-research' | 'auto-triage';

/** As the server answers: every field is there, also one with a default. */
type Whole<T> = T extends (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Key extends 'workflow' ? Workflow : Whole<T[Key]> }
    : T;
type Shape<Name extends keyof Schemas> = Whole<Schemas[Name]>;

export type Priority = Schemas['Priority'];
export type RunState = Schemas['State'];
export type Outcome = Schemas['Outcome'];

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type Person = Shape<'Person'>;
export type Session = Shape<'Session'>;
export type Instance = Shape<'Instance'>;
export type Actor = Shape<'Actor'>;

export type Status = Shape<'Status'>;
export type Label = Shape<'Label'>;
export type CardRun = Shape<'CardRun'>;
export type IssueCard = Shape<'IssueCard'>;
export type Issue = Shape<'Issue'>;
/** What happened; a kind this page does not know is shown by its name. */
export type Activity = Omit<Shape<'Activity'>, 'kind' | 'issue_id'> & { kind: string };
export type BoardColumn = Shape<'Column'>;
export type Board = Shape<'Board'>;

export type PlanFile = Shape<'PlanFile'>;
export type PlanBody = Shape<'PlanBody'>;
export type Plan = Shape<'Plan'>;
export type Question = Shape<'Question'>;

export type Spawn = Omit<Shape<'Spawn'>, 'priority'> & { priority: Priority };
export type Decision = Shape<'Decision'>;
export type Fleet = Omit<Shape<'Fleet'>, 'waiting'> & { waiting: Spawn[] };
export type Used = Shape<'Used'>;
export type Money = Shape<'MoneyToday'>;
export type Purse = Shape<'Purse'>;
/** `quiet` of the `stopped` runs are known to act no more; `quiet_s` is how long that took for all of them. */
export type KillSwitch = Shape<'KillSwitch'>;
export type SwitchScope = Schemas['SwitchScope'];
export type Breaker = Shape<'BreakerNow'>;
/** Outcomes that did not occur are not named. */
export type DayFigures = Omit<Shape<'DayFigures'>, 'outcomes'> & { outcomes: Partial<Record<Outcome, number>> };
export type WorkflowFigures = Shape<'WorkflowFigures'>;
export type Stats = Omit<Shape<'Stats'>, 'by_day'> & { by_day: DayFigures[] };
export type LimitValue = number | null | string[] | Record<string, number>;
export type Limits = Record<string, LimitValue>;
/** Read and written by the names of the limits, so that a page need not know them all. */
export type Policy = Omit<Shape<'Policy'>, 'limits'> & { limits: Limits };
export type ReplayFigures = Shape<'ReplayFigures'>;
export type MissedRun = Shape<'MissedRun'>;
export type Replay = Shape<'Replay'>;
export type Forecast = Shape<'Forecast'>;
export type Customer = Shape<'Customer'>;
export type Inbox = Shape<'Inbox'>;
export type InboxItem = Shape<'InboxItem'>;

export type RunSummary = Shape<'RunSummary'>;
export type Check = Omit<Shape<'Check'>, 'before'> & { before: { exit_code: number | null } | null };
export type PatchFile = Omit<Shape<'PatchFile'>, 'status'> & { status: 'A' | 'M' | 'D' | 'R' };
export type Patch = Omit<Shape<'Patch'>, 'files'> & { files: PatchFile[] };
export type Run = Omit<Shape<'RunWhole'>, 'checks' | 'patch'> & { checks: Check[]; patch: Patch | null };
export type Commit = Shape<'Commit'>;
/** What the runner saw when it ran the test that an agent names, without the change and with it. */
export type Proof = Shape<'Proof'>;
export type Try = Shape<'Try'>;
/** A pull request; `run_id` is the run whose work it holds, where it is ours. */
export type Pull = Shape<'Pull'>;
/** What the repository's own checks say of a pull request's newest commit. */
export type Ci = Shape<'Ci'>;
/** Whether agents can work on GitHub; `ok` of a check is null where it cannot be known. */
export type Access = Shape<'Access'>;
export type AccessCheck = Shape<'AccessCheck'>;
/** What somebody reported to us, kept so that it can be heard again. */
export type Delivery = Shape<'DeliverySummary'>;
/** A picture or a file that a run left. */
export type Artifact = Shape<'Artifact'>;
/** One line of an agent: what a run feed's `run.event` frame carries. */
export type AgentEvent = Shape<'AgentEvent'>;

export type Chat = Shape<'Chat'>;
export type OpenChat = Omit<Shape<'ChatView'>, 'turns'> & { turns: Turn[] };
export type Choice = Shape<'Choice'>;
export type ChoiceOption = Shape<'Option'>;
export type Usage = Shape<'Usage'>;
/** Of a call known by its result alone the input is not known. */
export type ToolItem = Omit<Shape<'ToolItem'>, 'input'> & { input: unknown };
export type ChoiceItem = Shape<'ChoiceItem'>;
export type CommandItem = Shape<'CommandItem'>;
/** Text that came live knows the model round it was said in. */
export type TextItem = Shape<'TextItem'> & { round?: number };
export type TurnItem = TextItem | ToolItem | ChoiceItem | CommandItem;
/** A turn as a screen holds it; one that is known by its frames alone may miss who said it and what it used. */
export type Turn = Omit<Shape<'Turn'>, 'items' | 'said_by' | 'usage' | 'created_at'> & {
  items: TurnItem[];
  said_by: Actor | null;
  usage: Usage | null;
};
export type CommandAnswer = Shape<'Commanded'>;
export type Command = Shape<'CommandHelp'>;

export type Frame<Data = unknown> = Omit<Shape<'Frame'>, 'data'> & { data: Data };
export type FeedPage = Omit<Shape<'FeedPage'>, 'frames'> & { frames: Frame[] };
export type Ticket = Shape<'Ticket'>;

/** A word that mutes an error, or its whole source; `until` null: until somebody ends it. */
export interface Mute {
  id: string;
  scope: 'source' | 'family';
  value: string;
  because: string;
  by: string;
  at: string;
  until: string | null;
}

export type FixState = 'awaiting_deploy' | 'watching' | 'verified' | 'failed' | 'unproven';

/** An error in all its wordings, as lists show it. `rate`: how often in each of the last 48 hours, oldest first. */
export interface FamilyCard {
  id: string;
  name: string;
  source: string;
  feature: string;
  message: string;
  level: string;
  occurrences: number;
  users: number;
  organisations: number;
  customers: { name: string; slug: string }[];
  first_seen: string;
  last_seen: string;
  release: string | null;
  issue: { id: string; identifier: string; title: string; priority: Priority; status: Status } | null;
  fix: { state: FixState; deployed_at: string | null; watch_until: string | null } | null;
  rate: number[];
  mute: Mute | null;
  fingerprints: number;
  last_run: { id: string; workflow: Workflow; state: RunState; outcome: Outcome | null; created_at: string } | null;
  cooldown_until: string | null;
  firing: boolean;
}

/** One way in which an error says itself, and why it belongs to it. */
export interface Wording {
  hash: string;
  message: string;
  template: string | null;
  joined_by: 'first' | 'frames' | 'template' | 'hand';
  because: string;
  is_pinned: boolean;
  occurrences: number;
  first_seen: string;
  last_seen: string;
}

/** A commit that may have caused an error. */
export interface Suspect {
  sha: string;
  title: string;
  author: string | null;
  at: string;
  url: string | null;
  files: string[];
  because: string;
}

/** A run that was asked for because of an error. */
export interface FamilySpawn {
  id: string;
  state: Spawn['state'];
  workflow: Workflow;
  reason: string;
  created_at: string;
}

/** `hours`: how often in each hour of the last 14 days in which it was seen at all. */
export interface FamilyWhole extends FamilyCard {
  wordings: Wording[];
  hours: { at: string; count: number }[];
  spawns: FamilySpawn[];
  suspects: Suspect[];
}

/** One report of an error. */
export interface Sighting {
  id: string;
  origin: 'grafana' | 'alertmanager' | 'sentry';
  fingerprint: string;
  count: number;
  first_seen: string;
  last_seen: string;
  heard_at: string;
  ended_at: string | null;
  fires: boolean;
  release: string | null;
  environment: string | null;
  detail: {
    title: string | null;
    error: string | null;
    stack: string | null;
    lines: string[];
    links: { name: string; url: string }[];
    labels: Record<string, string>;
    values: Record<string, number>;
  };
}

/** What a verdict stands on. */
export interface FixNumbers {
  active_hours_before: number;
  observed_hours_before: number;
  window_hours: number;
  traffic_ratio: number | null;
  expected: number;
  needed: number;
  chance_of_luck: number;
  seen: number;
  ignored: number;
}

/** What was seen of the error since the deployment, by what it was held to be; `at` is the latest of `times`. */
export interface FixSighting {
  at: string;
  because: string;
  counts: boolean;
  times: number;
}

/** A merged pull request, watched until it is known whether the error is gone. */
export interface FixAttempt {
  id: string;
  issue_id: string;
  family: { id: string; name: string } | null;
  pull: { repository: string; number: number; url: string };
  merge_commit: string | null;
  merged_at: string;
  state: FixState;
  environment: string | null;
  deployed_at: string | null;
  deployed_sha: string | null;
  watch_until: string | null;
  numbers: FixNumbers | null;
  reason: string;
  seen: FixSighting[];
  decided_at: string | null;
}

export interface FixMark {
  at: string;
  what: 'merged' | 'deployed' | 'failed' | 'verified' | 'unproven';
}

/** How often the error was seen around its fix, by steps of so many seconds. */
export interface FixChart {
  since: string;
  until: string;
  step_s: number;
  counts: number[];
  marks: FixMark[];
}

/** What is known about whether an issue's error is gone. */
export interface Fix {
  family: { id: string; name: string } | null;
  attempts: FixAttempt[];
  chart: FixChart | null;
  closing_needs_reason: boolean;
}

/** A run that agents made in vain, and what became of its fix in production. */
export interface Tried {
  run: string;
  workflow: Workflow;
  outcome: Outcome;
  summary: string;
  cost_usd: number | null;
  at: string;
  pull: string | null;
  fix: FixState | null;
  because: string | null;
}

/** What a person is handed when agents have failed at an error, the oldest try first. */
export interface Packet {
  handed_over_at: string | null;
  failed_in_a_row: number;
  cost_usd: number;
  tried: Tried[];
  refuted: { cause: string; because: string; run: string }[];
  suspects: Suspect[];
}

/** One webhook that a notice is for; neither `status` nor `failure` of a try: it is under way. */
export interface NoticeTarget {
  endpoint: string;
  state: 'waiting' | 'delivered' | 'failed';
  try_at: string | null;
  delivered_at: string | null;
  tries: { number: number; at: string; took_ms: number | null; status: number | null; failure: string | null }[];
}

/** Something told to others' webhooks. */
export interface Notice {
  id: string;
  kind: string;
  key: string;
  created_at: string;
  targets: NoticeTarget[];
}
