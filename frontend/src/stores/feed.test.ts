import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame } from '#api/shapes.ts';
import { PretendServer, type Fate } from '../../tests-support/pretend-server.ts';
import { Feed } from './feed.svelte.ts';

async function connected(): Promise<{ server: PretendServer; feed: Feed }> {
  const server = new PretendServer();
  const feed = new Feed(server);
  feed.start();
  await server.pass(10);
  return { server, feed };
}

function seen(feed: Feed, topic: string, after: number | 'now' = 0): number[] {
  const seqs: number[] = [];
  feed.watch(topic, { after, onFrame: ({ seq }) => seqs.push(seq) });
  return seqs;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe('a bad line', () => {
  const act = fc.oneof(
    { weight: 12, arbitrary: fc.constant('publish' as const) },
    { weight: 2, arbitrary: fc.constant('cut' as const) },
    { weight: 2, arbitrary: fc.constant('wait' as const) },
    { weight: 1, arbitrary: fc.constant('block' as const) },
    { weight: 1, arbitrary: fc.constant('ping' as const) },
    { weight: 1, arbitrary: fc.constant('second watcher' as const) },
  );
  const fate = fc.constantFrom<Fate>('arrives', 'arrives', 'arrives', 'lost', 'doubled', 'late');

  test('every watcher gets every frame once, in order, whatever the line does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.array(fate, { maxLength: 120 }), fc.integer({ min: 20, max: 200 }), async (acts, fates, pieceLength) => {
        const { server, feed } = await connected();
        const watchers = [seen(feed, 'run:1')];
        server.fates = fates;
        server.pieceLength = pieceLength;
        let published = 0;

        for (const what of acts) {
          if (what === 'publish') server.publish('run:1', ++published);
          if (what === 'cut') server.cut();
          if (what === 'ping') server.ping();
          if (what === 'wait') await server.pass(700);
          if (what === 'second watcher') watchers.push(seen(feed, 'run:1'));
          if (what === 'block') {
            server.socketsWork = false;
            server.cut();
            await server.pass(4000);
            server.socketsWork = true;
          }
        }
        server.fates = [];
        await server.pass(20_000);
        server.ping();
        await server.pass(20_000);

        for (const seqs of watchers) expect(seqs).toEqual(upTo(published));
        feed.stop();
      }),
      { numRuns: 300 },
    );
  });
});

test('frames from before the watch come first, from the seq that is named', async () => {
  const { server, feed } = await connected();
  for (let n = 0; n < 5; n += 1) server.publish('board');

  const seqs = seen(feed, 'board', 3);
  server.publish('board');

  expect(seqs).toEqual([4, 5, 6]);
});

test('a watcher from now on gets what happens from here', async () => {
  const { server, feed } = await connected();
  server.publish('fleet');

  const seqs = seen(feed, 'fleet', 'now');
  await server.pass(10);
  server.publish('fleet');

  expect(seqs).toEqual([2]);
});

test('one topic watched twice is asked for once', async () => {
  const { server, feed } = await connected();

  seen(feed, 'inbox');
  seen(feed, 'inbox');

  expect(server.heard).toEqual([{ watch: 'inbox', after: 0 }]);
});

test('the topic is left when its last watcher goes', async () => {
  const { server, feed } = await connected();
  const leaveFirst = feed.watch('inbox', { after: 0, onFrame: () => undefined });
  const leaveSecond = feed.watch('inbox', { after: 0, onFrame: () => undefined });

  leaveFirst();
  leaveSecond();

  expect(server.heard).toEqual([{ watch: 'inbox', after: 0 }, { unwatch: 'inbox' }]);
});

test('after a cut it watches on from the last frame it has', async () => {
  const { server, feed } = await connected();
  seen(feed, 'board');
  server.publish('board');

  server.cut();
  expect(feed.state).toBe('reconnecting');
  await server.pass(1000);

  expect(feed.state).toBe('live');
  expect(server.heard.at(-1)).toEqual({ watch: 'board', after: 1 });
});

test('where sockets are blocked the frames are read over HTTP', async () => {
  const server = new PretendServer();
  server.socketsWork = false;
  const feed = new Feed(server);
  const seqs = seen(feed, 'board');
  feed.start();

  await server.pass(5000);
  server.publish('board');
  await server.pass(5000);

  expect(feed.state).toBe('polling');
  expect(seqs).toEqual([1]);
});

test('a server out of reach is said so, and found again', async () => {
  const { server, feed } = await connected();
  const seqs = seen(feed, 'board');
  server.httpWorks = false;

  server.cut();
  await server.pass(10_000);
  expect(feed.state).toBe('offline');
  server.httpWorks = true;
  server.publish('board');
  await server.pass(10_000);

  expect(feed.state).toBe('live');
  expect(seqs).toEqual([1]);
});

test('a line that is silent for two pings is given up', async () => {
  const { server, feed } = await connected();

  await server.pass(44_000);
  expect(feed.state).toBe('live');
  await server.pass(1_500);

  expect(feed.state).not.toBe('connecting');
  await server.pass(1000);
  expect(feed.state).toBe('live');
});

test('a refused topic tells its watchers and is not asked for again', async () => {
  const { server, feed } = await connected();
  const refusals: string[] = [];
  feed.watch('run:2', { after: 0, onFrame: () => undefined, onRefused: ({ detail }) => refusals.push(detail) });

  server.refuse('run:2');
  server.cut();
  await server.pass(2000);

  expect(refusals).toEqual(['Not yours.']);
  expect(server.heard).toHaveLength(1);
});

test('nothing is heard after stop', async () => {
  const { server, feed } = await connected();
  const frames: Frame[] = [];
  feed.watch('board', { after: 0, onFrame: (frame) => frames.push(frame) });

  feed.stop();
  server.publish('board');
  await server.pass(60_000);

  expect(frames).toEqual([]);
});

test('a lost frame is asked for as soon as the next shows the gap', async () => {
  const { server, feed } = await connected();
  const seqs = seen(feed, 'board');
  server.fates = ['lost', 'arrives'];

  server.publish('board');
  server.publish('board');
  expect(seqs).toEqual([]);
  await server.pass(300);

  expect(seqs).toEqual([1, 2]);
  expect(server.reads).toBe(0);
});

test('a gap the socket cannot close is read over HTTP', async () => {
  const { server, feed } = await connected();
  const seqs = seen(feed, 'board');
  server.fates = ['lost', 'arrives', 'lost', 'lost'];

  server.publish('board');
  server.publish('board');
  await server.pass(2000);

  expect(seqs).toEqual([1, 2]);
  expect(server.reads).toBe(1);
});

test('a lost last frame is repaired by the ping', async () => {
  const { server, feed } = await connected();
  const seqs = seen(feed, 'board');
  server.fates = ['lost'];

  server.publish('board');
  server.ping();
  await server.pass(300);

  expect(seqs).toEqual([1]);
});

test('frames that are kept no more are passed over, and whoever shows them is told', async () => {
  const { server, feed } = await connected();
  const seqs: number[] = [];
  let forgotten = 0;
  feed.watch('board', { after: 0, onFrame: ({ seq }) => seqs.push(seq), onForgotten: () => (forgotten += 1) });
  server.publish('board');
  server.cut();
  for (let n = 0; n < 5; n += 1) server.publish('board');
  server.forget('board', 4);

  await server.pass(20_000);

  expect(seqs).toEqual([1, 5, 6]);
  expect(forgotten).toBe(1);
});
