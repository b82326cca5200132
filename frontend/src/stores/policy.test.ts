import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Policy } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { limitNamed } from './limits.ts';
import { PolicyView } from './policy.svelte.ts';

const AGENTS = limitNamed('max_concurrent_spawns');
const BY_WORKFLOW = limitNamed('daily_cost_limit_by_workflow');
const LIMITS = { max_concurrent_spawns: 8, daily_cost_limit_usd: 200, daily_cost_limit_by_workflow: { 'qa-test': 20 } };

function version(version: number, limits: object = {}): Policy {
  return { version, limits: { ...LIMITS, ...limits }, because: `Reason ${version}`, changed_by: { kind: 'person', name: 'Ada' }, changed_at: '2026-11-22T10:00:00Z' } as Policy;
}

async function opened(...older: Policy[]) {
  const api = new PretendApi()
    .answer('GET /policy', version(3))
    .answer('GET /customers', { items: [] })
    .answer('GET /policy/versions', { items: [version(3), ...older], next_before: null });
  const view = new PolicyView(api);
  await view.load();
  return { api, view };
}

test('what is saved is the change alone, with the version it was read from', async () => {
  const { api, view } = await opened();
  api.answer('PUT /policy', version(4, { max_concurrent_spawns: 6 }));

  view.write(AGENTS, '6');
  view.writeRow(BY_WORKFLOW, 'prd-implement', '90');
  view.because = ' Quieter nights ';
  expect(await view.save()).toBe(true);

  expect(api.asked.at(-1)?.body).toEqual({
    version: 3,
    limits: { max_concurrent_spawns: 6, daily_cost_limit_by_workflow: { 'qa-test': 20, 'prd-implement': 90 } },
    because: 'Quieter nights',
  });
  expect([view.policy?.version, view.isChanged, view.because]).toEqual([4, false, '']);
  expect(view.versions.map(({ policy }) => policy.version)).toEqual([4, 3]);
});

test('a field that cannot be read keeps all from being saved', async () => {
  const { view } = await opened();

  view.write(AGENTS, 'a few');
  view.writeRow(BY_WORKFLOW, 'qa-test', '-1');

  expect([view.isChanged, view.isSound]).toEqual([true, false]);
  expect(Object.keys(view.complaints)).toEqual(['max_concurrent_spawns', 'daily_cost_limit_by_workflow qa-test']);
});

test('a row that is emptied is a limit less', async () => {
  const { view } = await opened();

  view.writeRow(BY_WORKFLOW, 'qa-test', '');

  expect(view.changes.map(({ before, after }) => [before, after])).toEqual([['qa-test $20.00', 'no limit']]);
});

test('who saves over a version they have not seen is shown what it changed, and keeps what they wrote', async () => {
  const { api, view } = await opened();
  view.write(AGENTS, '6');
  api.answer('PUT /policy', new Problem(409, 'policy_moved', 'The policy is at version 4 now.')).answer('GET /policy', version(4, { daily_cost_limit_usd: 50 }));

  expect(await view.save()).toBe(false);

  expect(view.overtaken?.by.version).toBe(4);
  expect(view.overtaken?.changes.map(({ limit, after }) => `${limit.name} ${after}`)).toEqual(['Money a day $50.00']);
  expect(view.changes.map(({ limit }) => limit.name)).toEqual(['Agents in all']);
  api.answer('PUT /policy', (body: unknown) => version((body as Policy).version + 1));
  expect(await view.save()).toBe(true);
  expect(view.policy?.version).toBe(5);
});

test('a version from elsewhere is simply shown where nothing is being changed', async () => {
  const { api, view } = await opened();
  api.answer('GET /policy', version(4, { max_concurrent_spawns: 2 }));

  await view.heardOf(4);

  expect([view.words(AGENTS), view.overtaken]).toEqual(['2', null]);
});

test('a replay is of what stands in the fields now', async () => {
  const { api, view } = await opened();
  api.answer('POST /policy/replay', { sentence: '41 runs instead of 63.' });
  view.write(AGENTS, '2');
  await view.tryOut();
  expect(api.asked.at(-1)?.body).toEqual({ limits: { max_concurrent_spawns: 2 }, days: 30 });
  expect(view.replay?.sentence).toBe('41 runs instead of 63.');

  view.write(AGENTS, '3');

  expect(view.replay).toBeNull();
});

test('each version says what it changed', async () => {
  const { view } = await opened(version(2, { max_concurrent_spawns: 4 }), version(1, { max_concurrent_spawns: 4, daily_cost_limit_usd: 10 }));

  expect(view.versions.map(({ changes }) => changes?.map(({ limit, before, after }) => `${limit.name} ${before} → ${after}`))).toEqual([
    ['Agents in all 4 → 8'],
    ['Money a day $10.00 → $200.00'],
    [],
  ]);
});
