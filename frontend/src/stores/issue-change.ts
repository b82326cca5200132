/** What a person changes about an issue, as it shows before the server has said yes. */

import type { Issue, Label, Status } from '#api/shapes.ts';

export interface IssueChange {
  title?: string;
  description?: string;
  priority?: Issue['priority'];
  /** A column's name. */
  status?: string;
  labels?: string[];
  /** Why it is closed although its fix is not verified. */
  reason?: string;
}

/** The issue as it will stand. */
export function changedIssue(before: Issue, { title, description, priority, status, labels }: IssueChange, statuses: Status[], known: Label[]): Issue {
  return {
    ...before,
    title: title ?? before.title,
    description: description ?? before.description,
    priority: priority ?? before.priority,
    status: statuses.find(({ name }) => name === status) ?? before.status,
    labels: labels?.map((name) => labelNamed(name, known)) ?? before.labels,
  };
}

function labelNamed(name: string, known: Label[]): Label {
  return known.find((label) => label.name.toLowerCase() === name.toLowerCase()) ?? { id: name, name, color: '#888888' };
}
