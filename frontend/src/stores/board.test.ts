import { describe, expect, test } from 'vitest';
import { Problem, type Api } from '#api/client.ts';
import type { BoardColumn, Frame, IssueCard, Priority, Status } from '#api/shapes.ts';
import { BoardView } from './board.svelte.ts';

const [BACKLOG, REVIEW, DONE] = ['Backlog', 'Needs Review', 'Done'].map(
  (name, position): Status => ({ id: `s${position}`, name, color: '#888888', position, is_closed: name === 'Done' }),
) as [Status, Status, Status];

function card(number: number, { priority = 'P3' as Priority, status = BACKLOG, title = `Issue ${number}` } = {}): IssueCard {
  const created_at = `2026-11-22T15:00:${String(number).padStart(2, '0')}Z`;
  return { id: `i${number}`, identifier: `DISPATCH-${number}`, title, priority, status, labels: [], created_at } as unknown as IssueCard;
}

function column(status: Status, items: IssueCard[], more: Partial<BoardColumn> = {}): BoardColumn {
  return { status, total: items.length, items, next_cursor: null, ...more };
}

/** A server with these columns; `push` sends a frame of the board. */
function server(columns: BoardColumn[]) {
  const timers: (() => void)[] = [];
  let onFrame: ((frame: Frame) => void) | null = null;
  const world = {
    columns,
    page: null as BoardColumn | Problem | null,
    answer: (() => ({})) as () => unknown,
    sent: [] as [string, unknown][],
    remembered: null as string | null,
    push: (kind: string, data: unknown) => onFrame?.({ topic: 'board', seq: 1, kind, at: '', data }),
    tick: () => timers.splice(0).forEach((then) => then()),
    wait: (_ms: number, then: () => void) => (timers.push(then), () => undefined),
    remember: { read: () => world.remembered, write: (text: string) => (world.remembered = text) },
    feed: {
      watch(_topic: string, options: { onFrame: (frame: Frame) => void }) {
        onFrame = options.onFrame;
        return () => (onFrame = null);
      },
    },
    api: {
      async get(path: string) {
        if (path.startsWith('/feed/')) return { newest: 3, frames: [] };
        if (path === '/labels') return { items: [] };
        if (path === '/board') return { columns: world.columns };
        if (world.page instanceof Error) throw world.page;
        return world.page;
      },
      patch: async (path: string, body: unknown) => (world.sent.push([path, body]), world.answer()),
      post: async (path: string, body: unknown) => (world.sent.push([path, body]), world.answer()),
    } as unknown as Api,
  };
  return world;
}

async function open(columns: BoardColumn[]) {
  const world = server(columns);
  const view = new BoardView(world);
  await view.load();
  return { world, view };
}

function standing(view: BoardView): Record<string, string[]> {
  return Object.fromEntries(view.shown.map(({ status, cards }) => [status.name, cards.map(({ id }) => id)]));
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('cards that come live', () => {
  test('stand most urgent first, then newest', async () => {
    const { world, view } = await open([column(BACKLOG, [card(4), card(2)]), column(DONE, [])]);

    world.push('issue.created', card(3));
    world.push('issue.created', card(1, { priority: 'P1' }));

    expect(standing(view)['Backlog']).toEqual(['i1', 'i4', 'i3', 'i2']);
    expect(view.shown[0]?.total).toBe(4);
  });

  test('move between columns and are counted once', async () => {
    const { world, view } = await open([column(BACKLOG, [card(1)]), column(REVIEW, [])]);

    world.push('issue.changed', card(1, { status: REVIEW }));
    world.push('issue.changed', card(1, { status: REVIEW }));

    expect(standing(view)).toEqual({ Backlog: [], 'Needs Review': ['i1'] });
    expect(view.shown.map(({ total }) => total)).toEqual([0, 1]);
  });

  test('go when they are deleted', async () => {
    const { world, view } = await open([column(BACKLOG, [card(1), card(2)])]);

    world.push('issue.deleted', { id: 'i2', identifier: 'DISPATCH-2' });

    expect(standing(view)['Backlog']).toEqual(['i1']);
  });

  test('from a page not read yet have the columns counted anew', async () => {
    const { world, view } = await open([column(BACKLOG, [card(9)], { total: 40, next_cursor: 'c' }), column(REVIEW, [])]);
    world.columns = [column(BACKLOG, [], { total: 39 }), column(REVIEW, [], { total: 1 })];

    world.push('issue.changed', card(1, { status: REVIEW }));
    world.tick();
    await settle();

    expect(view.shown.map(({ total }) => total)).toEqual([39, 1]);
    expect(standing(view)['Needs Review']).toEqual(['i1']);
  });

  test('beneath the last one read wait for their page', async () => {
    const { world, view } = await open([column(BACKLOG, [card(9)], { total: 40, next_cursor: 'c' })]);

    world.push('issue.created', card(1, { priority: 'P4' }));

    expect(standing(view)['Backlog']).toEqual(['i9']);
    expect(view.shown[0]?.total).toBe(41);
  });
});

describe('moving', () => {
  test('shows at once and goes back with the reason when it is refused', async () => {
    const { world, view } = await open([column(BACKLOG, [card(1)]), column(DONE, [])]);
    let refuse: (problem: Problem) => void = () => undefined;
    world.answer = () => new Promise((_, reject) => (refuse = reject));

    const moving = view.move('i1', 's2');
    expect(standing(view)).toEqual({ Backlog: [], Done: ['i1'] });

    refuse(new Problem(409, 'running', 'An agent is working on this issue.'));
    expect(await moving).toBe(false);
    expect(standing(view)).toEqual({ Backlog: ['i1'], Done: [] });
    expect(view.shown.map(({ total }) => total)).toEqual([1, 0]);
    expect(view.refusal).toBe('DISPATCH-1 stays in Backlog. An agent is working on this issue.');
  });

  test('into a closed column may want a reason, and goes back when nobody gives one', async () => {
    const { world, view } = await open([column(BACKLOG, [card(1)]), column(DONE, [])]);
    world.answer = () => Promise.reject(new Problem(409, 'FIX_VERIFICATION_REQUIRED', 'Its fix is not verified.'));

    const moving = view.move('i1', 's2');
    await until(() => view.closing.asked);
    view.closing.cancel();

    expect(await moving).toBe(false);
    expect(standing(view)).toEqual({ Backlog: ['i1'], Done: [] });
    expect(view.refusal).toBeNull();
  });

  test('is tried again with the reason', async () => {
    const { world, view } = await open([column(BACKLOG, [card(1)]), column(DONE, [])]);
    world.answer = () => Promise.reject(new Problem(409, 'FIX_VERIFICATION_REQUIRED', 'Its fix is not verified.'));
    const moving = view.move('i1', 's2');
    await until(() => view.closing.asked);

    world.answer = () => ({});
    await view.closing.give('The till is gone');

    expect(await moving).toBe(true);
    expect(world.sent.map(([, body]) => body)).toEqual([{ status: 'Done' }, { status: 'Done', reason: 'The till is gone' }]);
    expect(standing(view)).toEqual({ Backlog: [], Done: ['i1'] });
  });

  test('to where it stands already asks nothing of the server', async () => {
    const { world, view } = await open([column(BACKLOG, [card(1)])]);

    expect(await view.move('i1', 's0')).toBe(false);

    expect(world.sent).toEqual([]);
  });

  test('knows the column beside, and the edge', async () => {
    const { view } = await open([column(BACKLOG, [card(1)]), column(REVIEW, [])]);

    expect([view.beside('i1', 1)?.name, view.beside('i1', -1)]).toEqual(['Needs Review', null]);
  });
});

describe('pages', () => {
  test('stand beneath each other, without what came live already', async () => {
    const { world, view } = await open([column(BACKLOG, [card(9), card(5)], { total: 4, next_cursor: 'c' })]);
    world.page = column(BACKLOG, [card(5), card(3), card(2)], { total: 4 });

    await view.loadMore('s0');

    expect(standing(view)['Backlog']).toEqual(['i9', 'i5', 'i3', 'i2']);
    expect(view.shown[0]?.hasMore).toBe(false);
  });

  test('that do not come say why and can be asked for again', async () => {
    const { world, view } = await open([column(BACKLOG, [card(9)], { total: 2, next_cursor: 'c' })]);
    world.page = new Problem(500, 'broken', 'Something broke.');
    await view.loadMore('s0');
    expect(view.shown[0]?.problem).toBe('Something broke.');

    world.page = column(BACKLOG, [card(1)], { total: 2 });
    await view.loadMore('s0');

    expect(view.shown[0]?.problem).toBeNull();
    expect(view.shown[0]?.cards).toHaveLength(2);
  });
});

test('the filter takes words of title, identifier and label, and priorities', async () => {
  const { view } = await open([column(BACKLOG, [card(1, { title: 'Wrong total', priority: 'P1' }), card(2, { title: 'Slow total' }), card(3)])]);

  view.text = 'TOTAL';
  expect(standing(view)['Backlog']).toEqual(['i1', 'i2']);

  view.togglePriority('P1');
  expect(standing(view)['Backlog']).toEqual(['i1']);

  view.clearFilter();
  expect(view.found).toBe(3);
});

test('closed columns are folded until somebody unfolds them, which is remembered', async () => {
  const { world, view } = await open([column(BACKLOG, []), column(DONE, [])]);
  expect(view.shown.map(({ isFolded }) => isFolded)).toEqual([false, true]);

  view.toggleFold('s2');

  const again = new BoardView(world);
  await again.load();
  expect(again.shown.map(({ isFolded }) => isFolded)).toEqual([false, false]);
});

test('steps go from card to card and over folded and empty columns', async () => {
  const { view } = await open([column(BACKLOG, [card(2), card(1)]), column(REVIEW, []), column({ ...DONE, is_closed: false }, [card(5, { status: DONE })])]);

  expect(view.neighbour(null, 'down')).toBe('i2');
  expect(view.neighbour('i2', 'down')).toBe('i1');
  expect(view.neighbour('i1', 'down')).toBe('i1');
  expect(view.neighbour('i1', 'right')).toBe('i5');
  expect(view.neighbour('i5', 'right')).toBe('i5');
  expect(view.neighbour('i5', 'left')).toBe('i2');
});

test('a new issue stands on the board once, though its frame comes too', async () => {
  const { world, view } = await open([column(BACKLOG, [])]);
  world.answer = () => card(1);

  await view.create({ title: 'Issue 1', description: '', priority: 'P3', status: 'Backlog', labels: [] });
  world.push('issue.created', card(1));

  expect(standing(view)['Backlog']).toEqual(['i1']);
  expect(view.shown[0]?.total).toBe(1);
});

async function until(isSo: () => unknown): Promise<void> {
  for (let turn = 0; turn < 20 && !isSo(); turn += 1) await Promise.resolve();
}
