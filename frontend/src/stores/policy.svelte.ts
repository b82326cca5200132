/**
 * The policy on the screen: the limits in force, what a person changes about them, what it would have meant, and its versions.
 *
 * A change is held here until it is saved. Who saved meanwhile is shown, and never overwritten unseen.
 */

import { Problem, type Api } from '#api/client.ts';
import type { Customer, Limits, LimitValue, Policy, Replay } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';
import { changesOf, changeWords, complaintOf, fieldWords, limitNamed, valueOf, type Limit, type LimitChange } from './limits.ts';

const REPLAYED_DAYS = 30;

export interface Version {
  policy: Policy;
  /** What it changed; null while the version before it has not been read. */
  changes: LimitChange[] | null;
}

export class PolicyView {
  policy = $state.raw<Policy | null>(null);
  failure = $state.raw<unknown>(null);
  customers = $state.raw<Customer[]>([]);
  because = $state('');
  replay = $state.raw<Replay | null>(null);
  /** The version that somebody saved while this one was being changed, with what it changed. */
  overtaken = $state.raw<{ by: Policy; changes: LimitChange[] } | null>(null);

  replaying = new Doing();
  saving = new Doing();
  paging = new Doing();

  #words = $state<Record<string, string>>({});
  #tables = $state<Record<string, Record<string, string>>>({});
  #versions = $state.raw<Policy[]>([]);
  #before = $state<number | null>(null);

  complaints = $derived(this.#complaints());
  wanted = $derived(this.#wanted());
  changes = $derived(this.policy ? changeWords(this.policy.limits, this.wanted) : []);
  isChanged = $derived(this.changes.length > 0 || Object.keys(this.complaints).length > 0);
  isSound = $derived(this.changes.length > 0 && Object.keys(this.complaints).length === 0);
  versions = $derived(this.#versions.map((policy, at) => versionOf(policy, this.#versions[at + 1], this.#before)));
  hasMore = $derived(this.#before !== null);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    try {
      const [policy, customers] = await Promise.all([this.api.get<Policy>('/policy'), this.api.get<{ items: Customer[] }>('/customers')]);
      this.customers = customers.items;
      this.#take(policy);
      this.failure = null;
      await this.#readVersions();
    } catch (error) {
      this.failure = error;
    }
  }

  /** Another version is in force: it is shown, unless something is being changed; then what moved is told. */
  async heardOf(version: number): Promise<void> {
    if (!this.policy || version <= this.policy.version || this.saving.isBusy) return;
    await this.#catchUp().catch(() => undefined); // the next frame, or the save, asks again
  }

  // what stands in the fields

  words({ key }: Limit): string {
    return this.#words[key] ?? fieldWords(this.policy?.limits[key]);
  }

  write({ key }: Limit, words: string): void {
    this.#words[key] = words;
    this.replay = null;
  }

  /** The rows of a table: a name and what stands in its field. */
  table({ key }: Limit): Record<string, string> {
    return this.#tables[key] ?? tableWords(this.policy?.limits[key]);
  }

  writeRow(limit: Limit, name: string, words: string): void {
    this.#tables[limit.key] = { ...this.table(limit), [name]: words };
    this.replay = null;
  }

  isTouched({ key }: Limit): boolean {
    return key in this.#words || key in this.#tables;
  }

  /** The limit stands as it is in force. */
  undo({ key }: Limit): void {
    delete this.#words[key];
    delete this.#tables[key];
    this.replay = null;
  }

  undoAll(): void {
    this.#words = {};
    this.#tables = {};
    this.because = '';
    this.replay = null;
    this.overtaken = null;
    this.saving.refusal = this.replaying.refusal = null;
  }

  // what a person does

  /** `replay` says what the last 30 days would have been. */
  tryOut(): Promise<boolean> {
    return this.replaying.run(async () => {
      const limits = this.#changed();
      const replay = await this.api.post<Replay>('/policy/replay', { limits, days: REPLAYED_DAYS });
      if (JSON.stringify(limits) === JSON.stringify(this.#changed())) this.replay = replay;
    });
  }

  /** The change is in force, as a new version. */
  save(): Promise<boolean> {
    return this.saving.run(async () => {
      const { version } = this.policy as Policy;
      try {
        const saved = await this.api.put<Policy>('/policy', { version, limits: this.#changed(), because: this.because.trim() });
        this.undoAll();
        this.#take(saved);
      } catch (error) {
        if (error instanceof Problem && error.code === 'policy_moved') await this.#catchUp();
        throw error;
      }
    });
  }

  loadMoreVersions(): Promise<boolean> {
    return this.paging.run(() => this.#readVersions(this.#before));
  }

  #take(policy: Policy): void {
    this.policy = policy;
    if (this.#versions.length > 0 && this.#versions[0]?.version !== policy.version) this.#versions = [policy, ...this.#versions];
  }

  /** The newest version is the one that is changed from here on; what it changed is told to who was changing another. */
  async #catchUp(): Promise<void> {
    const before = this.policy;
    const policy = await this.api.get<Policy>('/policy');
    if (!before || policy.version === before.version) return;
    const touched = this.isChanged;
    this.policy = policy;
    this.replay = null;
    if (touched) this.overtaken = { by: policy, changes: changeWords(before.limits, policy.limits) };
    await this.#readVersions();
  }

  async #readVersions(before: number | null = null): Promise<void> {
    const page = await this.api.get<{ items: Policy[]; next_before: number | null }>(`/policy/versions${before === null ? '' : `?before=${before}`}`);
    this.#versions = before === null ? page.items : [...this.#versions, ...page.items];
    this.#before = page.next_before;
  }

  #changed(): Limits {
    return this.policy ? changesOf(this.policy.limits, this.wanted) : {};
  }

  #complaints(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [key, words] of Object.entries(this.#words)) note(found, key, complaintOf(limitNamed(key), words));
    for (const [key, rows] of Object.entries(this.#tables)) {
      const limit = { ...limitNamed(key), kind: 'dollars' as const };
      for (const [name, words] of Object.entries(rows)) note(found, `${key} ${name}`, complaintOf(limit, words));
    }
    return found;
  }

  #wanted(): Limits {
    const wanted: Limits = { ...this.policy?.limits };
    for (const [key, words] of Object.entries(this.#words)) if (complaintOf(limitNamed(key), words) === null) wanted[key] = valueOf(limitNamed(key), words);
    for (const [key, rows] of Object.entries(this.#tables)) wanted[key] = tableOf(rows);
    return wanted;
  }
}

function versionOf(policy: Policy, before: Policy | undefined, next: number | null): Version {
  if (before) return { policy, changes: changeWords(before.limits, policy.limits) };
  return { policy, changes: next === null ? [] : null };
}

function tableWords(value: LimitValue | undefined): Record<string, string> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, usd]) => [name, String(usd)]));
}

/** Rows that are empty or cannot be read stand for nothing. */
function tableOf(rows: Record<string, string>): Record<string, number> {
  const read = Object.entries(rows).filter(([, words]) => words.trim() !== '' && Number.isFinite(Number(words)));
  return Object.fromEntries(read.map(([name, words]) => [name, Number(words)]));
}

function note(found: Record<string, string>, key: string, complaint: string | null): void {
  if (complaint !== null) found[key] = complaint;
}
