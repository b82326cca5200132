/**
 * One issue on the screen: itself, what waits for a decision, its story, its runs; and what a person does with it.
 *
 * The issue's feed keeps everything current. What is changed here is shown at once and taken back when the server says no.
 */

import { Problem, sentenceOf, type Api } from '#api/client.ts';
import type { Activity, Decision, FeedPage, Frame, Issue, IssueCard, Label, Page, Plan, Question, RunSummary, Spawn, Status, Workflow } from '#api/shapes.ts';
import { Closing } from './closing.svelte.ts';
import { Doing } from './doing.svelte.ts';
import type { Feed } from './feed.svelte.ts';
import { changedIssue, type IssueChange } from './issue-change.ts';
import { IssueFix } from './issue-fix.svelte.ts';
import { IssuePulls } from './issue-pulls.svelte.ts';
import { newestFirst, newestVersionFirst, replaced } from './ordering.ts';
import { entriesOf } from './timeline.ts';

export interface IssueWorld {
  api: Api;
  feed: Pick<Feed, 'watch'>;
}

export interface NewSpawn {
  workflow: Workflow;
  words: string;
  cap_usd: number | null;
  /** The run of this issue that it goes on from. */
  continues?: string;
}

const END_OF_FEED = 2 ** 31 - 1;
const STORY_PAGE = 500;
const HANDED_OVER = 'error.handed_over';
const DECIDING = /^(spawn|run|plan|question)\./; // activities after which "why" has something new to say

export class IssueView {
  issue = $state.raw<Issue | null>(null);
  error = $state.raw<unknown>(null);
  /** What beside the issue itself could not be read. */
  partError = $state.raw<unknown>(null);
  isLoaded = $state(false);
  activity = $state.raw<Activity[]>([]);
  plans = $state.raw<Plan[]>([]);
  questions = $state.raw<Question[]>([]);
  runs = $state.raw<RunSummary[]>([]);
  decisions = $state.raw<Decision[]>([]);
  statuses = $state.raw<Status[]>([]);
  labels = $state.raw<Label[]>([]);
  /** Counts what has happened to patches, so that a run's view knows when to read itself again. */
  patchesTouched = $state(0);
  /** Why the last change of a field was taken back. */
  changeRefusal = $state<string | null>(null);

  pulls: IssuePulls;
  fix: IssueFix;
  closing = new Closing();
  approving = new Doing();
  returning = new Doing();
  answering = new Doing();
  commenting = new Doing();
  spawning = new Doing();
  deleting = new Doing();

  entries = $derived(entriesOf(this.activity, this.runs));
  plan = $derived(this.plans[0] ?? null);
  proposed = $derived(this.plans.find(({ state }) => state === 'proposed') ?? null);
  approved = $derived(this.plan?.state === 'approved' ? this.plan : null);
  openQuestions = $derived(this.questions.filter(({ answered_at }) => answered_at === null));
  /** The decision that makes a run wait now, unless it was withdrawn since. */
  waiting = $derived(this.#findWaiting());
  running = $derived(this.runs.find(({ state }) => state !== 'finished') ?? null);

  #unwatch: (() => void) | null = null;
  #isClosed = false;

  constructor(
    readonly ref: string,
    private readonly world: IssueWorld,
  ) {
    this.pulls = new IssuePulls(world.api);
    this.fix = new IssueFix(world.api);
  }

  /** Reads everything, then stays with it until `close`. */
  async load(): Promise<void> {
    this.error = null;
    try {
      const { id } = (this.issue = await this.#get<Issue>(''));
      const topic = `issue:${id}`;
      const { newest } = await this.world.api.get<FeedPage>(`/feed/${encodeURIComponent(topic)}?after=${END_OF_FEED}&limit=1`);
      await this.loadParts();
      if (!this.#isClosed) this.#unwatch ??= this.world.feed.watch(topic, { after: newest, onFrame: (frame) => this.#take(frame), onForgotten: () => void this.load() });
    } catch (error) {
      this.error = error;
    }
  }

  /** Reads what stands beside the issue; what cannot be read leaves `partError`. */
  async loadParts(): Promise<void> {
    this.partError = null;
    await Promise.all([
      this.#part(async () => (this.issue = await this.#get<Issue>(''))),
      this.#part(() => this.#readStory()),
      this.#part(async () => (this.plans = newestVersionFirst((await this.#get<Page<Plan>>('/plans')).items))),
      this.#part(async () => (this.questions = (await this.#get<Page<Question>>('/questions')).items)),
      this.#part(async () => (this.runs = newestFirst((await this.#get<Page<RunSummary>>('/runs')).items))),
      this.#part(() => this.pulls.load(this.issue?.id ?? this.ref)),
      this.#part(() => this.#readFix()),
      this.#part(() => this.#readWhy()),
      this.#part(async () => (this.statuses = await this.#list<Status>('/statuses'))),
      this.#part(async () => (this.labels = await this.#list<Label>('/labels'))),
    ]);
    this.isLoaded = true;
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch?.();
  }

  // what a person does

  /** The change shows at once; it is taken back when the server says no, or wants a reason that nobody gives. */
  async change(change: IssueChange): Promise<boolean> {
    const before = this.issue;
    if (!before) return false;
    this.changeRefusal = null;
    this.issue = changedIssue(before, change, this.statuses, this.labels);
    try {
      const isDone = await this.closing.attempt(before.identifier, async (reason) => (this.issue = await this.world.api.patch<Issue>(this.#path(''), { ...change, ...(reason && { reason }) })));
      if (!isDone) this.issue = before;
      return isDone;
    } catch (error) {
      this.issue = before;
      this.changeRefusal = sentenceOf(error);
      return false;
    }
  }

  approve(plan: Plan, { implement, capUsd }: { implement: boolean; capUsd: number | null }): Promise<boolean> {
    return this.approving.run(() => this.#decide({ action: 'approve', version: plan.version, implement, cap_usd: capUsd }));
  }

  giveBack(plan: Plan, feedback: string): Promise<boolean> {
    return this.returning.run(() => this.#decide({ action: 'return', version: plan.version, feedback }));
  }

  answer(question: Question, words: string, resume: boolean): Promise<boolean> {
    return this.answering.run(async () => {
      const said = await this.#orReadAgain(() => this.world.api.post<{ question: Question; spawn: Spawn | null }>(`/questions/${question.id}/answer`, { answer: words, resume }));
      this.questions = replaced(this.questions, said.question);
      refuseWith(said.spawn);
    });
  }

  comment(body: string, isPublic: boolean): Promise<boolean> {
    return this.commenting.run(async () => this.#addActivity(await this.world.api.post<Activity>(this.#path('/comments'), { body, public: isPublic })));
  }

  /** A run is asked for; a refused one leaves the gate's sentence. */
  spawn(spawn: NewSpawn): Promise<boolean> {
    return this.spawning.run(async () => refuseWith(await this.world.api.post<Spawn>(this.#path('/spawn'), spawn)));
  }

  remove(): Promise<boolean> {
    return this.deleting.run(() => this.world.api.delete(this.#path('')));
  }

  async #decide(decision: object): Promise<void> {
    const { plan, spawn } = await this.#orReadAgain(() => this.world.api.post<{ plan: Plan; spawn: Spawn | null }>(this.#path('/plan'), decision));
    this.#takePlan(plan);
    refuseWith(spawn);
  }

  /** A conflict means that what we show is old: it is read again, and the sentence stays. */
  async #orReadAgain<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof Problem && error.status === 409) await this.loadParts();
      throw error;
    }
  }

  #findWaiting(): Decision | null {
    const [newest] = this.decisions;
    if (newest?.verdict !== 'waits' || this.runs.some(({ state }) => state !== 'finished')) return null;
    return this.activity.some(({ kind, at }) => kind === 'spawn.withdrawn' && at >= newest.at) ? null : newest;
  }

  // what is heard

  #take(frame: Frame): void {
    const { kind, data } = frame;
    this.pulls.take(frame);
    if (this.fix.take(frame)) void this.#part(() => this.#readFix());
    if (kind === 'issue.changed') this.#takeCard(data as IssueCard);
    if (kind === 'activity.added') this.#addActivity(data as Activity);
    if (kind === 'run.state') this.runs = newestFirst(replaced(this.runs, data as RunSummary));
    if (kind === 'plan.changed') this.#takePlan(data as Plan);
    if (kind === 'question.changed') this.questions = replaced(this.questions, data as Question);
  }

  #takeCard(card: IssueCard): void {
    if (this.issue) this.issue = { ...this.issue, ...card };
  }

  #takePlan(plan: Plan): void {
    this.plans = newestVersionFirst(replaced(this.plans, plan));
  }

  #addActivity(added: Activity): void {
    if (this.activity.some(({ id }) => id === added.id)) return;
    this.activity = [...this.activity, added];
    if (added.kind.startsWith('patch.')) this.patchesTouched += 1;
    if (added.kind === HANDED_OVER) void this.#part(() => this.#readPacket());
    if (DECIDING.test(added.kind)) void this.#part(() => this.#readWhy());
    const changes = added.data['changes'];
    // The frames carry the card, which has no description.
    if (added.kind === 'issue.changed' && typeof changes === 'object' && changes && 'description' in changes) {
      void this.#part(async () => (this.issue = await this.#get<Issue>('')));
    }
  }

  // reading

  async #story(): Promise<Activity[]> {
    const story: Activity[] = [];
    for (;;) {
      const { items } = await this.#get<Page<Activity>>(`/activity?after=${story.at(-1)?.id ?? 0}&limit=${STORY_PAGE}`);
      story.push(...items);
      if (items.length < STORY_PAGE || this.#isClosed) return story;
    }
  }

  async #readStory(): Promise<void> {
    this.activity = await this.#story();
    if (this.activity.some(({ kind }) => kind === HANDED_OVER)) await this.#readPacket();
  }

  #readFix(): Promise<void> {
    return this.fix.load(this.issue?.id ?? this.ref);
  }

  #readPacket(): Promise<void> {
    return this.fix.loadPacket(this.issue?.id ?? this.ref);
  }

  async #readWhy(): Promise<void> {
    this.decisions = (await this.#get<Page<Decision>>('/why')).items.sort((a, b) => b.at.localeCompare(a.at));
  }

  async #part(read: () => Promise<unknown>): Promise<void> {
    try {
      await read();
    } catch (error) {
      this.partError = error;
    }
  }

  #get<T>(path: string): Promise<T> {
    return this.world.api.get<T>(this.#path(path));
  }

  async #list<T>(path: string): Promise<T[]> {
    const said = await this.world.api.get<T[] | Page<T>>(path);
    return Array.isArray(said) ? said : said.items;
  }

  #path(path: string): string {
    return `/issues/${encodeURIComponent(this.issue?.id ?? this.ref)}${path}`;
  }
}

/** A refused spawn is an answer, not an error, on the wire; for who asked it is a no. */
function refuseWith(spawn: Spawn | null): void {
  if (spawn?.state === 'refused') throw new Problem(409, spawn.gate ?? 'refused', spawn.reason);
}
