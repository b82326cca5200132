import { expect, test } from 'vitest';
import type { Fleet as Shape, RunSummary } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { Feed } from './feed.svelte.ts';
import { Fleet } from './fleet.svelte.ts';
import { Inbox } from './inbox.svelte.ts';

const RUN = { id: 'r1', identifier: 'DISPATCH-1', state: 'running', last_line: 'Reading the code' } as RunSummary;
const fleetWith = (...running: RunSummary[]): Shape => ({ running, waiting: [] }) as unknown as Shape;

async function started(answer: Shape) {
  const server = new PretendServer();
  const feed = new Feed(server);
  const api = new PretendApi().answer('GET /fleet', answer);
  const fleet = new Fleet(api, feed);
  feed.start();
  fleet.start();
  await server.pass(20);
  return { api, fleet, server };
}

test("a run's line is the one it was left with, then each that comes", async () => {
  const { fleet, server } = await started(fleetWith(RUN));
  expect(fleet.lines.r1).toBe('Reading the code');

  server.publish('run:r1', { seq: 1, at: '', kind: 'tool_use', data: { id: 'x', name: 'Bash', input: { command: 'python3 -m unittest\n-q' } } }, 'run.event');

  expect(fleet.lines.r1).toBe('Bash · python3 -m unittest');
});

test('a run that is over is no longer followed', async () => {
  const { api, fleet, server } = await started(fleetWith(RUN));
  api.answer('GET /fleet', fleetWith());

  server.publish('fleet', {}, 'fleet.changed');
  await server.pass(20);

  expect(fleet.lines).toEqual({});
  expect(server.heard).toContainEqual({ unwatch: 'run:r1' });
});

test('a change that overtakes an older answer is read once more', async () => {
  const { api, fleet, server } = await started(fleetWith());
  const letAnswer = api.hold('GET /fleet');
  fleet.retry();
  api.answer('GET /fleet', fleetWith(RUN));

  server.publish('fleet', {}, 'fleet.changed');
  letAnswer();
  await server.pass(20);

  expect(fleet.shown?.running).toHaveLength(1);
});

test('the inbox is read again when it changes, and once more when it changes meanwhile', async () => {
  const server = new PretendServer();
  const feed = new Feed(server);
  const api = new PretendApi().answer('GET /inbox', { items: [], count: 0 });
  const inbox = new Inbox(api, feed);
  feed.start();
  inbox.start();
  await server.pass(20);
  const letAnswer = api.hold('GET /inbox');

  for (let n = 0; n < 5; n += 1) server.publish('inbox', { count: n }, 'inbox.changed');
  api.answer('GET /inbox', { items: [{ kind: 'plan' }], count: 1 });
  letAnswer();
  await server.pass(20);

  expect(api.asked).toHaveLength(3);
  expect(inbox.count).toBe(1);
});
