/** What a person does first on a new instance; each step is done when the instance shows it, not when it was clicked. */

import type { IssueCard } from '#api/shapes.ts';

export interface Step {
  says: string;
  isDone: boolean;
}

export interface Seen {
  hasChat: boolean;
  issues: IssueCard[];
  /** How many steps were done before: what was done once stays done, though the issue may have moved back. */
  doneBefore: number;
}

const AFTER_APPROVAL = ['In Progress', 'In Review', 'Done'];

/** The steps in order. Where there is neither chat nor issue the instance is new, whatever this browser remembers. */
export function firstSteps({ hasChat, issues, doneBefore }: Seen): Step[] {
  const isImplemented = issues.some(({ branch }) => branch !== null);
  const isApproved = isImplemented || issues.some(({ status, running }) => running?.workflow === 'prd-implement' || AFTER_APPROVAL.includes(status.name));
  const isLookedInto = isApproved || issues.some(({ running, plan_waiting, cost_usd }) => running !== null || plan_waiting || cost_usd > 0);
  const isNew = !hasChat && issues.length === 0;
  const steps = [
    { says: 'Sign in', isDone: true },
    { says: 'Say what you want', isDone: hasChat || issues.length > 0 },
    { says: 'Let an agent look into it', isDone: isLookedInto },
    { says: 'Approve its plan', isDone: isApproved },
    { says: 'See the change on its branch', isDone: isImplemented },
  ];
  return steps.map((step, index) => ({ ...step, isDone: step.isDone || (!isNew && index < doneBefore) }));
}
