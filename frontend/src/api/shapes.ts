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

/** What is counted and opens nothing: an error, or a whole source; `until` null: until somebody ends it. */
export type Mute = Shape<'Mute'>;
export type FixState = Schemas['FixState'];
/** An error in all its wordings, as lists show it. `rate`: how often in each of the last 48 hours, oldest first. */
export type FamilyCard = Omit<Shape<'FamilyCard'>, 'fix' | 'last_run'> & { fix: CardFix | null; last_run: LastRun | null };
export type CardFix = Omit<Shape<'CardFix'>, 'state'> & { state: FixState };
export type LastRun = Omit<Shape<'LastRun'>, 'state' | 'outcome'> & { state: RunState; outcome: Outcome | null };
/** One way in which an error says itself, and why it belongs to it. */
export type Wording = Shape<'Wording'>;
/** A commit that may have brought an error. */
export type Suspect = Shape<'Suspect'>;
export type FamilySpawn = Shape<'FamilySpawn'>;
/** `hours`: how often in each hour of the last 14 days in which it was seen at all. */
export type FamilyWhole = FamilyCard & Pick<Shape<'ErrorWhole'>, 'wordings' | 'hours' | 'spawns' | 'suspects'>;
/** One report of an error. */
export type Sighting = Shape<'Sighting'>;
/** A merged pull request, watched until it is known whether the error is gone. */
export type FixAttempt = Shape<'FixAttempt'>;
/** What a verdict stands on. */
export type FixNumbers = Shape<'Numbers'>;
export type FixMark = Shape<'Mark'>;
/** What is known about whether an issue's error is gone. */
export type Fix = Shape<'Fix'>;
/** What a person is handed when agents have failed at an error, the oldest try first. */
export type Packet = Shape<'Packet'>;
/** Something told to others' webhooks. */
export type Notice = Shape<'Notice'>;
export type NoticeTarget = Shape<'NoticeTarget'>;
