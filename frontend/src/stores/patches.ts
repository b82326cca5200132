/** What became of a patch, and what a reviewer should look at twice. */

import type { Patch } from '#api/shapes.ts';
import { counted } from './words.ts';

/** `published` it stands on its branch; `unpublished` it was accepted and will not come there by itself. */
export type PatchState = 'refused' | 'unpublished' | 'published' | 'waits';

export type PatchFlag = 'outside the plan' | 'lockfile';

export function stateOf({ verdict, published_at, unpublished_because }: Patch): PatchState {
  if (verdict === 'refused') return 'refused';
  if (published_at !== null) return 'published';
  return unpublished_because === null ? 'waits' : 'unpublished';
}

/** Where its commits go: `a new branch`, `on top of 1a2b3c4d`. */
export function placeWords({ lands_on }: Patch): string {
  return lands_on === null ? 'a new branch' : `on top of ${lands_on.slice(0, 8)}`;
}

/** What a reviewer should look at twice in this file. */
export function flagsOf({ drift, lockfiles }: Patch, path: string): PatchFlag[] {
  const flags: PatchFlag[] = [];
  if (drift.includes(path)) flags.push('outside the plan');
  if (lockfiles.includes(path)) flags.push('lockfile');
  return flags;
}

/** All that is flagged in a line: `2 files outside the plan, 1 lockfile`; null where nothing is. */
export function flagWords({ drift, lockfiles }: Patch): string | null {
  const told = [drift.length > 0 ? `${counted(drift.length, 'file')} outside the plan` : '', lockfiles.length > 0 ? counted(lockfiles.length, 'lockfile') : ''];
  return told.filter((part) => part !== '').join(', ') || null;
}
