/** Which icon goes with which state, so that colour never stands alone. The colours are tokens of the same names. */

import type { FixState, InboxItem, Outcome, Pull, RunState } from '#api/shapes.ts';
import type { IconName } from './icons.ts';

export const OUTCOME_ICONS: Record<Outcome, IconName> = {
  completed: 'done',
  no_changes_needed: 'done',
  investigation_complete: 'plan',
  blocked: 'blocked',
  needs_decision: 'question',
  failed: 'failure',
  cancelled: 'stop',
  lost: 'lost',
};

export const RUN_STATE_ICONS: Record<RunState, IconName> = {
  queued: 'waiting',
  starting: 'waiting',
  running: 'running',
  finished: 'done',
};

/** What has become of a person's words for an agent. */
export const DELIVERY_ICONS = { delivered: 'done', waiting: 'waiting', 'not delivered': 'warning' } as const;

export const PULL_ICONS: Record<Pull['state'], IconName> = {
  draft: 'circle',
  open: 'branch',
  merged: 'done',
  closed: 'failure',
};

export const FIX_ICONS: Record<FixState, IconName> = {
  awaiting_deploy: 'waiting',
  watching: 'search',
  verified: 'shield',
  failed: 'failure',
  unproven: 'question',
};

export const INBOX_ICONS: Record<InboxItem['kind'], IconName> = {
  plan: 'plan',
  question: 'question',
  blocker: 'blocked',
  failure: 'failure',
  pull: 'branch',
  fix: 'shield',
  handover: 'list',
};
