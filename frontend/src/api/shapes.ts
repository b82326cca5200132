/**
 * The shapes the API speaks, by the words of the glossary.
 *
 * Times are ISO-8601 in UTC, money is US dollars as numbers, `null` means "there is none".
 */

export type Priority = 'P1' | 'P2' | 'P3' | 'P4';
export type Workflow = 'auto-investigate' | 'prd-investigate' | 'prd-implement' | 'qa-test' | 'deep-research' | 'auto-triage';
export type RunState = 'queued' | 'starting' | 'running' | 'finished';
export type Outcome =
  | 'completed'
  | 'no_changes_needed'
  | 'investigation_complete'
  | 'blocked'
  | 'needs_decision'
  | 'failed'
  | 'cancelled'
  | 'lost';

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Person {
  id: string;
  name: string;
  role: string;
}

export interface Session {
  authenticated: boolean;
  person: Person | null;
}

export interface Instance {
  app_name: string;
  app_description: string;
  brand_color: string;
  braille: string;
  issue_prefix: string;
  version: string;
  scripted_model: boolean;
  model: string;
  /** Empty where there is none. */
  repository: string;
  is_demo: boolean;
  /** Sentences saying what to set for the real thing. */
  hints: string[];
}

export interface Actor {
  kind: 'person' | 'agent' | 'orchestrator' | 'system' | 'github';
  name: string;
}

export interface Status {
  id: string;
  name: string;
  color: string;
  position: number;
  is_closed: boolean;
}

export interface Label {
  id: string;
  name: string;
  color: string;
}

export interface RunSummary {
  id: string;
  issue_id: string;
  identifier: string;
  workflow: Workflow;
  state: RunState;
  outcome: Outcome | null;
  summary: string | null;
  generation: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  heartbeat_at: string | null;
  cap_usd: number;
  cost_usd: number | null;
  metered_usd: number | null;
  model: string | null;
  num_turns: number | null;
  last_line: string | null;
  external_url: string | null;
}

export interface IssueCard {
  id: string;
  identifier: string;
  title: string;
  priority: Priority;
  status: Status;
  labels: Label[];
  created_at: string;
  updated_at: string;
  running: RunSummary | null;
  plan_waiting: boolean;
  question_waiting: boolean;
  branch: string | null;
  cost_usd: number;
}

export interface Issue extends IssueCard {
  description: string;
  created_by: Actor;
  source: string;
}

export interface Activity {
  id: number;
  at: string;
  kind: string;
  actor: Actor;
  run_id: string | null;
  data: Record<string, unknown>;
  public: boolean;
}

export interface BoardColumn {
  status: Status;
  total: number;
  items: IssueCard[];
  next_cursor: string | null;
}

export interface Board {
  columns: BoardColumn[];
}

export interface PlanFile {
  path: string;
  change: string;
}

export interface PlanBody {
  summary: string;
  files: PlanFile[];
  data: string;
  api: string;
  ui: string;
  dependencies: string;
  tests: string;
  risks: string;
  stop_conditions: string;
  complexity: 'Simple' | 'Medium' | 'Complex';
}

export interface Plan {
  id: string;
  issue_id: string;
  version: number;
  state: 'proposed' | 'approved' | 'returned' | 'superseded';
  run_id: string;
  proposed_at: string;
  decided_at: string | null;
  decided_by: string | null;
  feedback: string | null;
  base_commit: string | null;
  hash: string;
  body: PlanBody;
  markdown: string;
  cap_usd: number | null;
}

export interface Question {
  id: string;
  issue_id: string;
  identifier: string;
  run_id: string;
  kind: 'question' | 'blocker';
  category: string;
  text: string;
  asked_at: string;
  answer: string | null;
  answered_by: string | null;
  answered_at: string | null;
}

export interface Spawn {
  id: string;
  issue_id: string;
  identifier: string;
  workflow: Workflow;
  state: 'admitted' | 'waiting' | 'refused' | 'withdrawn';
  run_id: string | null;
  place: number | null;
  reason: string;
  gate: string | null;
  created_at: string;
}

export interface Decision {
  id: string;
  spawn_id: string;
  at: string;
  workflow: Workflow;
  verdict: 'admitted' | 'waits' | 'refused';
  gate: string | null;
  reason: string;
  would_turn: string | null;
  inputs: Record<string, unknown>;
  asked_by: Actor;
}

export interface PatchFile {
  path: string;
  additions: number;
  deletions: number;
  status: 'A' | 'M' | 'D' | 'R';
}

export interface Commit {
  sha: string;
  subject: string;
}

export interface Check {
  name: string;
  command: string;
  exit_code: number;
  seconds: number;
  output: string;
  before: { exit_code: number } | null;
}

export interface Patch {
  verdict: 'accepted' | 'refused';
  reasons: string[];
  branch: string | null;
  files: PatchFile[];
  commits: Commit[];
  diff: string;
}

export interface Run extends RunSummary {
  report: string | null;
  checks: Check[];
  patch: Patch | null;
  brief_preview: string | null;
}

/** One line of an agent: what a run feed's `run.event` frame carries. */
export interface AgentEvent {
  seq: number;
  at: string;
  kind: 'started' | 'message' | 'thinking' | 'tool_use' | 'tool_result' | 'usage' | 'notice' | 'finished';
  data: Record<string, unknown>;
}

export interface Used {
  used: number;
  total: number | null;
}

export interface Money {
  limit_usd: number;
  settled_usd: number;
  reserved_usd: number;
  left_usd: number;
}

export interface Fleet {
  running: RunSummary[];
  waiting: Spawn[];
  slots: Used & { error: Used; prd: Used };
  money: Money;
  spawns_today: { error: Used; prd: Used };
  outcomes_today: Partial<Record<Outcome, number>>;
  kill_switch: boolean;
}

export interface InboxItem {
  kind: 'plan' | 'question' | 'blocker' | 'failure';
  issue: { id: string; identifier: string; title: string };
  at: string;
  text: string;
  ref: { plan_version?: number; question_id?: string; run_id?: string };
}

export interface Inbox {
  items: InboxItem[];
  count: number;
}

export interface Chat {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
}

export interface ChoiceOption {
  key: string;
  label: string;
  primary: boolean;
}

export interface Choice {
  id: string;
  question: string;
  options: ChoiceOption[];
  state: 'open' | 'taken' | 'expired';
  taken: string | null;
}

export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
}

export interface TextItem {
  type: 'text';
  text: string;
  /** The model round it was said in; known for text that came live. */
  round?: number;
}

export interface ToolItem {
  type: 'tool';
  id: string;
  name: string;
  input: unknown;
  result: unknown;
  is_error: boolean;
  ms: number | null;
}

export interface ChoiceItem {
  type: 'choice';
  choice: Choice;
}

export interface CommandItem {
  type: 'command';
  markdown: string;
}

export type TurnItem = TextItem | ToolItem | ChoiceItem | CommandItem;

export interface Turn {
  id: string;
  number: number;
  said: string;
  said_by: Actor | null;
  state: 'queued' | 'running' | 'finished';
  reason: 'end' | 'stopped' | 'rounds' | 'failed' | null;
  detail: string | null;
  started_at: string | null;
  finished_at: string | null;
  usage: Usage | null;
  /** Null where a price is not known. */
  cost_usd: number | null;
  items: TurnItem[];
}

export interface OpenChat {
  chat: Chat;
  turns: Turn[];
  /** How many older ones are not among them. */
  turns_before: number;
  watch_after: number;
}

export interface CommandAnswer {
  id: string;
  text: string;
  markdown: string;
  at?: string;
}

export interface Command {
  name: string;
  usage: string;
  help: string;
}

export interface Frame<Data = unknown> {
  topic: string;
  seq: number;
  kind: string;
  at: string;
  data: Data;
}

export interface FeedPage {
  topic: string;
  frames: Frame[];
  newest: number;
}

export interface Ticket {
  ticket: string;
  url: string;
  expires_at: string;
}
