import { describe, expect, test } from 'vitest';
import { Problem, type Api } from '#api/client.ts';
import type { Frame, Run } from '#api/shapes.ts';
import { lineOf } from './run-rows.ts';
import { RunView } from './run.svelte.ts';

const RUN = { id: 'r', state: 'running', outcome: null, cap_usd: 5, cost_usd: null, metered_usd: 0.1, checks: [], patch: null } as unknown as Run;

function frame(seq: number, kind: string, data: unknown): Frame {
  return { topic: 'run:r', seq, kind, at: '2026-11-22T15:00:00Z', data };
}

function line(seq: number): Frame {
  return frame(seq, 'run.event', { seq, at: `2026-11-22T15:00:0${seq}.000Z`, kind: 'message', data: { text: `line ${seq}` } });
}

/** A world with a run whose feed has `stored` frames; `push` brings further ones, `tick` lets time pass. */
function worldWith(stored: Frame[], { pageSize = 500, run = RUN }: { pageSize?: number; run?: Run } = {}) {
  const timers = new Set<() => void>();
  const asked: string[] = [];
  let onFrame: ((frame: Frame) => void) | null = null;
  const world = {
    asked,
    run,
    refuse: null as Problem | null,
    watchedAfter: null as number | 'now' | null,
    push: (pushed: Frame) => onFrame?.(pushed),
    tick: () => [...timers].forEach((then) => timers.delete(then) && then()),
    wait(_ms: number, then: () => void) {
      timers.add(then);
      return () => timers.delete(then);
    },
    feed: {
      watch(_topic: string, options: { after: number | 'now'; onFrame: (frame: Frame) => void }) {
        world.watchedAfter = options.after;
        onFrame = options.onFrame;
        return () => (onFrame = null);
      },
    },
    api: {
      async get(path: string) {
        asked.push(path);
        if (world.refuse) throw world.refuse;
        if (path === '/runs/r') return world.run;
        const after = Number(/after=(\d+)/.exec(path)?.[1]);
        const frames = stored.filter(({ seq }) => seq > after).slice(0, pageSize);
        return { topic: 'run:r', frames, newest: stored.length };
      },
      async post(path: string) {
        asked.push(path);
        if (world.refuse) throw world.refuse;
      },
    } as unknown as Api,
  };
  return world;
}

async function viewOf(world: ReturnType<typeof worldWith>): Promise<RunView> {
  const view = new RunView('r', world);
  await view.load();
  return view;
}

describe('a run', () => {
  test('is read page by page, then watched from where the pages ended', async () => {
    const world = worldWith([line(1), line(2), line(3)], { pageSize: 2 });

    const view = await viewOf(world);

    expect(view.rows.map(lineOf)).toEqual(['line 1', 'line 2', 'line 3']);
    expect(world.watchedAfter).toBe(3);
  });

  test('gathers lines that come together and shows them at once', async () => {
    const world = worldWith([line(1)]);
    const view = await viewOf(world);

    world.push(line(2));
    world.push(line(3));
    expect(view.rows).toHaveLength(1);

    world.tick();
    expect(view.rows).toHaveLength(3);
  });

  test('reads its facts again when it ends', async () => {
    const world = worldWith([line(1)]);
    const view = await viewOf(world);
    world.run = { ...RUN, state: 'finished', outcome: 'completed', report: 'All well.' };

    world.push(frame(2, 'run.state', { ...RUN, state: 'finished', outcome: 'completed' }));
    await Promise.resolve();
    await Promise.resolve();

    expect(view.run?.report).toBe('All well.');
  });

  test('is not set back by the states of its past', async () => {
    const world = worldWith([frame(1, 'run.state', { ...RUN, state: 'queued' }), line(2)]);

    const view = await viewOf(world);

    expect(view.run?.state).toBe('running');
  });

  test('says what went wrong, and tries again', async () => {
    const world = worldWith([line(1)]);
    world.refuse = new Problem(404, 'not_found', 'There is no such run.');
    const view = await viewOf(world);
    expect(view.error).toMatchObject({ message: 'There is no such run.' });

    world.refuse = null;
    await view.load();

    expect(view.error).toBeNull();
    expect(view.rows).toHaveLength(1);
  });

  test('shows what it has cost by the newest meter, and what it did cost when that is settled', async () => {
    const world = worldWith([frame(1, 'run.event', { seq: 1, at: '', kind: 'usage', data: { metered_usd: 0.4 } })]);
    const view = await viewOf(world);
    expect(view.meteredUsd).toBe(0.4);

    world.push(frame(2, 'run.state', { ...RUN, cost_usd: 0.45 }));
    expect(view.meteredUsd).toBe(0.45);
  });

  test('keeps the sentence of a refused cancel', async () => {
    const world = worldWith([line(1)]);
    const view = await viewOf(world);
    world.refuse = new Problem(409, 'run_finished', 'This run has ended.');

    expect(await view.cancel()).toBe(false);

    expect(view.cancelling.refusal).toBe('This run has ended.');
  });

  test('announces the newest line, and not every one', async () => {
    const world = worldWith([line(1)]);
    const view = await viewOf(world);
    world.push(line(2));
    world.push(line(3));

    world.tick();
    expect(view.announced).toBe('');
    world.tick();
    expect(view.announced).toBe('line 3');
  });

  test('steps through what was found, round and round, and stops following', async () => {
    const view = await viewOf(worldWith([line(1), line(2), line(3)]));

    expect(view.search('line')).toBe(0);
    expect(view.isFollowing).toBe(false);
    expect([view.step(1), view.step(1), view.step(1), view.step(-1)]).toEqual([1, 2, 0, 2]);
    expect(view.search('nowhere')).toBe(-1);
  });

  test('knows whether its newest words have reached the agent', async () => {
    const told = (seq: number, data: object) => frame(seq, 'run.event', { seq: null, at: '2026-11-22T15:00:01.000Z', kind: 'notice', data });
    const world = worldWith([line(1), told(2, { text: 'Ada says: Look', message: 'm' })]);
    const view = await viewOf(world);
    expect(view.lastSaid).toMatchObject({ text: 'Ada says: Look', fate: null });

    world.push(told(3, { text: 'Delivered', delivered: 'm' }));
    world.tick();

    expect(view.lastSaid?.fate?.is).toBe('delivered');
  });

  test('can be seen as it stood at a moment', async () => {
    const view = await viewOf(worldWith([line(1), line(2), line(3)]));

    view.replayAt = Date.parse('2026-11-22T15:00:02.500Z');

    expect(view.shown.map(lineOf)).toEqual(['line 1', 'line 2']);
  });

  test('hears nothing once it is closed', async () => {
    const world = worldWith([line(1)]);
    const view = await viewOf(world);

    view.close();
    world.push(line(2));
    world.tick();

    expect(view.rows).toHaveLength(1);
  });
});
