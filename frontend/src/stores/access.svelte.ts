/** Whether agents can work on GitHub: what Dispatch found there when it looked, and what to do about what is missing. */

import type { Api } from '#api/client.ts';
import type { Access, AccessCheck } from '#api/shapes.ts';
import { Doing } from './doing.svelte.ts';

const AUTH: Record<Access['auth'], string> = { token: 'by GITHUB_TOKEN', app: 'as a GitHub App', none: 'without any access yet' };

export class AccessView {
  access = $state.raw<Access | null>(null);
  looking = new Doing();

  constructor(private readonly api: Api) {}

  /** Looks at everything anew; GitHub is asked, so it takes a moment. */
  look(): Promise<boolean> {
    return this.looking.run(async () => (this.access = await this.api.get<Access>('/github')));
  }
}

/** A check in a word. */
export function checkWord({ ok }: Pick<AccessCheck, 'ok'>): 'ok' | 'missing' | 'unknown' {
  if (ok === null) return 'unknown';
  return ok ? 'ok' : 'missing';
}

/** All of them in a line: `acme/shop, by GITHUB_TOKEN: 2 of 15 missing`. */
export function accessWords({ repository, auth, checks }: Access): string {
  const missing = checks.filter(({ ok }) => ok === false).length;
  const unknown = checks.filter(({ ok }) => ok === null).length;
  const told = missing > 0 ? `${missing} of ${checks.length} missing` : unknown > 0 ? `nothing is missing, ${unknown} unknown` : 'nothing is missing';
  return `${repository || 'no repository'}, ${AUTH[auth]}: ${told}`;
}
