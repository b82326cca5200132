import { expect, test } from 'vitest';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { Feed } from './feed.svelte.ts';
import { Following } from './following.ts';

async function followed({ onFrame }: { onFrame?: () => void } = {}) {
  const server = new PretendServer();
  const feed = new Feed(server);
  const reads: (() => void)[] = [];
  const following = new Following({ feed, topic: 'fleet', read: () => new Promise((done) => reads.push(done)), ...(onFrame && { onFrame }) });
  feed.start();
  following.start();
  await server.pass(20);
  return { following, reads, server };
}

test('the snapshot is read once its place in the feed is known', async () => {
  const { reads } = await followed();

  expect(reads).toHaveLength(1);
});

test('however much happens during a read, it is read once more', async () => {
  const { reads, server } = await followed();

  for (let n = 0; n < 5; n += 1) server.publish('fleet');
  reads[0]?.();
  await server.pass(20);
  reads[1]?.();
  await server.pass(20);

  expect(reads).toHaveLength(2);
});

test('where frames say enough by themselves nothing is read for them', async () => {
  let frames = 0;
  const { reads, server } = await followed({ onFrame: () => (frames += 1) });
  reads[0]?.();

  server.publish('fleet');
  await server.pass(20);

  expect([frames, reads.length]).toEqual([1, 1]);
});

test('it is read anew when frames that came meanwhile are kept no more', async () => {
  const { reads, server } = await followed({ onFrame: () => undefined });
  reads[0]?.();
  server.cut();
  for (let n = 0; n < 5; n += 1) server.publish('fleet');
  server.forget('fleet', 4);

  await server.pass(20_000);

  expect(reads).toHaveLength(2);
});

test('after stop nothing is read', async () => {
  const { following, reads, server } = await followed();
  reads[0]?.();

  following.stop();
  server.publish('fleet');
  await server.pass(20);

  expect(reads).toHaveLength(1);
});
