import { expect, test } from 'vitest';
import type { IssueCard } from '#api/shapes.ts';
import { firstSteps } from './firststeps.ts';

const card = (part: Partial<IssueCard>): IssueCard =>
  ({ running: null, plan_waiting: false, branch: null, cost_usd: 0, status: { name: 'Backlog' }, ...part }) as IssueCard;
const done = (hasChat: boolean, ...issues: IssueCard[]): number => after(0, hasChat, ...issues);
const after = (doneBefore: number, hasChat: boolean, ...issues: IssueCard[]): number =>
  firstSteps({ hasChat, issues, doneBefore }).filter(({ isDone }) => isDone).length;

test('each step is ticked by what the instance shows', () => {
  expect(done(false)).toBe(1);
  expect(done(true)).toBe(2);
  expect(done(true, card({ plan_waiting: true }))).toBe(3);
  expect(done(true, card({ status: { name: 'In Progress' } as IssueCard['status'] }))).toBe(4);
  expect(done(true, card({ branch: 'dispatch/dispatch-1-0192' }))).toBe(5);
});

test('a step once done stays done', () => {
  expect(after(4, true, card({}))).toBe(4);
});

test('a new instance begins again, whatever was done on another', () => {
  expect(after(5, false)).toBe(1);
});
