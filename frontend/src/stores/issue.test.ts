import { describe, expect, test } from 'vitest';
import { Problem, type Api } from '#api/client.ts';
import type { Activity, Frame, Issue, Plan, Question, Status } from '#api/shapes.ts';
import { IssueView } from './issue.svelte.ts';

const BACKLOG = { id: 's1', name: 'Backlog', color: '#888888', position: 0, is_closed: false } satisfies Status;
const DONE = { id: 's2', name: 'Done', color: '#00aa00', position: 5, is_closed: true } satisfies Status;
const ISSUE = { id: 'i', identifier: 'DISPATCH-1', title: 'Total is wrong', description: 'Old words', priority: 'P3', status: BACKLOG, labels: [] } as unknown as Issue;
const PLAN = { id: 'p1', version: 1, state: 'proposed' } as Plan;
const QUESTION = { id: 'q1', text: 'Round up?', answered_at: null } as Question;

function activity(id: number, kind: string, data: Record<string, unknown> = {}): Activity {
  return { id, at: '2026-11-22T15:00:00Z', kind, actor: { kind: 'person', name: 'Ana' }, run_id: null, data, public: false };
}

/** A server with one issue; `answers` are what it says to writes, `push` sends a frame. */
function server(over: Record<string, unknown> = {}) {
  const stored: Record<string, unknown> = {
    '/issues/i': ISSUE,
    '/issues/DISPATCH-1': ISSUE,
    '/issues/i/plans': { items: [PLAN] },
    '/issues/i/questions': { items: [QUESTION] },
    '/issues/i/runs': { items: [] },
    '/issues/i/why': { items: [] },
    '/issues/i/fix': { family: null, attempts: [], chart: null, closing_needs_reason: false },
    '/statuses': [BACKLOG, DONE],
    '/labels': { items: [] },
    ...over,
  };
  let onFrame: ((frame: Frame) => void) | null = null;
  const world = {
    stored,
    sent: [] as [string, unknown][],
    answer: (() => ({})) as () => unknown,
    watched: null as { topic: string; after: number | 'now' } | null,
    push: (kind: string, data: unknown) => onFrame?.({ topic: 'issue:i', seq: 1, kind, at: '', data }),
    feed: {
      watch(topic: string, options: { after: number | 'now'; onFrame: (frame: Frame) => void }) {
        world.watched = { topic, after: options.after };
        onFrame = options.onFrame;
        return () => (onFrame = null);
      },
    },
    api: {
      async get(path: string) {
        if (path.startsWith('/feed/')) return { newest: 7, frames: [] };
        if (path.startsWith('/issues/i/activity')) return { items: [activity(1, 'issue.created')] };
        const found = stored[path];
        if (found === undefined) throw new Problem(404, 'not_found', `There is no ${path}.`);
        if (found instanceof Error) throw found;
        return found;
      },
      post: async (path: string, body: unknown) => (world.sent.push([path, body]), world.answer()),
      patch: async (path: string, body: unknown) => (world.sent.push([path, body]), world.answer()),
    } as unknown as Api,
  };
  return world;
}

async function open(world: ReturnType<typeof server>): Promise<IssueView> {
  const view = new IssueView('DISPATCH-1', world);
  await view.load();
  return view;
}

describe('an issue', () => {
  test('is watched from before it was read, so that nothing falls between', async () => {
    const world = server();

    const view = await open(world);

    expect(world.watched).toEqual({ topic: 'issue:i', after: 7 });
    expect(view.proposed?.version).toBe(1);
    expect(view.openQuestions).toHaveLength(1);
  });

  test('that is not there says so', async () => {
    const view = new IssueView('DISPATCH-99', server());

    await view.load();

    expect(view.error).toMatchObject({ message: 'There is no /issues/DISPATCH-99.' });
  });

  test('shows what could be read when a part cannot', async () => {
    const view = await open(server({ '/issues/i/why': new Problem(500, 'broken', 'Something broke.') }));

    expect(view.partError).toMatchObject({ message: 'Something broke.' });
    expect(view.plans).toHaveLength(1);
  });

  test('shows a change at once and takes it back with the reason', async () => {
    const world = server();
    const view = await open(world);
    let refuse: (problem: Problem) => void = () => undefined;
    world.answer = () => new Promise((_, reject) => (refuse = reject));

    const changing = view.change({ status: 'Done', priority: 'P1' });
    expect([view.issue?.status.name, view.issue?.priority]).toEqual(['Done', 'P1']);

    refuse(new Problem(409, 'running', 'An agent is working on this issue.'));
    expect(await changing).toBe(false);
    expect([view.issue?.status.name, view.issue?.priority]).toEqual(['Backlog', 'P3']);
    expect(view.changeRefusal).toBe('An agent is working on this issue.');
  });

  test('that closes it may want a reason, and is taken back when nobody gives one', async () => {
    const world = server();
    const view = await open(world);
    world.answer = () => Promise.reject(new Problem(409, 'FIX_VERIFICATION_REQUIRED', 'Its fix is not verified.'));

    const changing = view.change({ status: 'Done' });
    for (let turn = 0; turn < 20 && !view.closing.asked; turn += 1) await Promise.resolve();
    expect(view.closing.asked?.sentence).toBe('Its fix is not verified.');
    view.closing.cancel();

    expect(await changing).toBe(false);
    expect([view.issue?.status.name, view.changeRefusal]).toEqual(['Backlog', null]);
  });

  test('keeps its description when a card comes over the feed', async () => {
    const world = server();
    const view = await open(world);

    world.push('issue.changed', { id: 'i', title: 'New title' });

    expect(view.issue).toMatchObject({ title: 'New title', description: 'Old words' });
  });

  test('reads its description again when somebody rewrote it', async () => {
    const world = server();
    const view = await open(world);
    world.stored['/issues/i'] = { ...ISSUE, description: 'New words' };

    world.push('activity.added', activity(2, 'issue.changed', { changes: { description: [9, 9] } }));
    await Promise.resolve();
    await Promise.resolve();

    expect(view.issue?.description).toBe('New words');
  });

  test('shows an activity once, whether it comes as an answer or as a frame', async () => {
    const world = server();
    const view = await open(world);
    world.answer = () => activity(2, 'comment.added', { body: 'Hi' });

    await view.comment('Hi', false);
    world.push('activity.added', activity(2, 'comment.added', { body: 'Hi' }));

    expect(view.activity.map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe('a plan', () => {
  test('is approved in the version that was read', async () => {
    const world = server();
    const view = await open(world);
    world.answer = () => ({ plan: { ...PLAN, state: 'approved' }, spawn: null });

    await view.approve(PLAN, { implement: true, capUsd: 5 });

    expect(world.sent).toEqual([['/issues/i/plan', { action: 'approve', version: 1, implement: true, cap_usd: 5 }]]);
    expect(view.proposed).toBeNull();
    expect(view.approved?.id).toBe('p1');
  });

  test('approved twice leaves the sentence and what is true now', async () => {
    const world = server();
    const view = await open(world);
    world.stored['/issues/i/plans'] = { items: [{ ...PLAN, state: 'approved' }] };
    world.answer = () => Promise.reject(new Problem(409, 'plan_decided', 'This plan has been approved already.'));

    expect(await view.approve(PLAN, { implement: true, capUsd: null })).toBe(false);

    expect(view.approving.refusal).toBe('This plan has been approved already.');
    expect(view.proposed).toBeNull();
  });

  test('approved with a refused spawn says why nothing started', async () => {
    const world = server();
    const view = await open(world);
    world.answer = () => ({ plan: { ...PLAN, state: 'approved' }, spawn: { state: 'refused', gate: 'budget', reason: "Today's budget is spent." } });

    await view.approve(PLAN, { implement: true, capUsd: null });

    expect(view.approving.refusal).toBe("Today's budget is spent.");
    expect(view.plan?.state).toBe('approved');
  });

  test('that is new stands first', async () => {
    const world = server();
    const view = await open(world);

    world.push('plan.changed', { ...PLAN, state: 'superseded' });
    world.push('plan.changed', { id: 'p2', version: 2, state: 'proposed' });

    expect(view.plans.map(({ version, state }) => [version, state])).toEqual([
      [2, 'proposed'],
      [1, 'superseded'],
    ]);
  });
});

test('an answered question waits no more', async () => {
  const world = server();
  const view = await open(world);
  world.answer = () => ({ question: { ...QUESTION, answer: 'Down', answered_at: '2026-11-22T15:00:00Z' }, spawn: null });

  await view.answer(QUESTION, 'Down', true);

  expect(world.sent).toEqual([['/questions/q1/answer', { answer: 'Down', resume: true }]]);
  expect(view.openQuestions).toEqual([]);
});

test('a run waits until it is withdrawn', async () => {
  const world = server({ '/issues/i/why': { items: [{ id: 1, at: '2026-11-22T14:00:00Z', verdict: 'waits', reason: 'All slots are used.' }] } });
  const view = await open(world);
  expect(view.waiting?.reason).toBe('All slots are used.');

  world.push('activity.added', activity(2, 'spawn.withdrawn'));

  expect(view.waiting).toBeNull();
});

test('what a person was handed is read when agents have given up', async () => {
  const world = server({ '/issues/i/packet': { tried: [], refuted: ['The cache'], suspects: [], error: {} } });
  const view = await open(world);
  expect(view.fix.packet).toBeNull();

  world.push('activity.added', activity(9, 'error.handed_over'));
  for (let turn = 0; turn < 20 && !view.fix.packet; turn += 1) await Promise.resolve();

  expect(view.fix.packet?.refuted).toEqual(['The cache']);
});
