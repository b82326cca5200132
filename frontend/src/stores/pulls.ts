/** A pull request in words: where it is, what its checks say, how it came to its issue. */

import type { Ci, Pull } from '#api/shapes.ts';
import { counted } from './words.ts';

export interface CiWords {
  words: string;
  tone: 'success' | 'danger' | 'warning' | 'info' | 'text-muted';
  icon: 'done' | 'failure' | 'warning' | 'waiting' | 'circle';
}

const MOST_REPAIRS = 2; // rounds in which an agent mends its own checks; then a person looks

const LINKED: Record<NonNullable<Pull['linked_by']>, string> = {
  branch: 'by its branch',
  trailer: 'by its Dispatch-Issue line',
  identifier: 'by the identifier in its words',
  model: 'by a model’s judgement',
  hand: 'by hand',
};

/** What the checks say of the newest commit. */
export function ciWords({ state, name, because }: Ci): CiWords {
  const named = name ? `: ${name}` : '';
  switch (state) {
    case 'passing':
      return { words: 'CI passes', tone: 'success', icon: 'done' };
    case 'failing':
      return { words: `CI fails${named}`, tone: 'danger', icon: 'failure' };
    case 'waiting':
      return { words: because ? `CI waits: ${because}` : `CI runs${named}`, tone: 'info', icon: 'waiting' };
    case 'not_started':
      return { words: `CI did not start${because ? `: ${because}` : named}`, tone: 'warning', icon: 'warning' };
    case 'none':
      return { words: 'No CI', tone: 'text-muted', icon: 'circle' };
  }
}

/** `1 of 2 repairs`; null while nothing had to be mended. */
export function repairWords({ repairs }: Pull): string | null {
  return repairs === 0 ? null : `${repairs} of ${counted(MOST_REPAIRS, 'repair')}`;
}

/** How the pull request came to its issue. */
export function linkWords({ linked_by }: Pull): string | null {
  return linked_by === null ? null : `linked ${LINKED[linked_by]}`;
}

/** Whether it can still be merged. */
export function isOpen({ state }: Pull): boolean {
  return state === 'draft' || state === 'open';
}

/** Whether a person should say why it was closed without being merged. */
export function wantsReason({ state, close_reason }: Pull): boolean {
  return state === 'closed' && close_reason === null;
}

/** Where it is, for a link: only addresses of the web are followed. */
export function addressOf({ url }: Pull): string | undefined {
  return /^https?:\/\//.test(url) ? url : undefined;
}
