import { expect, test } from 'vitest';
import { Problem } from '#api/client.ts';
import type { Pull } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { IssuePulls } from './issue-pulls.svelte.ts';

const OLD = { id: 'a', number: 11, state: 'closed', close_reason: null, opened_at: '2026-11-21T10:00:00Z' } as Pull;
const NEW = { id: 'b', number: 12, state: 'draft', close_reason: null, opened_at: '2026-11-22T10:00:00Z' } as Pull;

async function loaded(...items: Pull[]) {
  const api = new PretendApi().answer('GET /issues/i/pulls', { items });
  const pulls = new IssuePulls(api);
  await pulls.load('i');
  return { api, pulls };
}

function changed(pull: Pull) {
  return { topic: 'issue:i', seq: 1, kind: 'pull.changed', at: '', data: pull };
}

test('the newest stands first', async () => {
  const { pulls } = await loaded(OLD, NEW);

  expect(pulls.items.map(({ number }) => number)).toEqual([12, 11]);
});

test('a frame brings a new one, and changes a known one in its place', async () => {
  const { pulls } = await loaded(OLD);

  pulls.take(changed(NEW));
  pulls.take(changed({ ...NEW, state: 'merged' }));

  expect(pulls.items.map(({ number, state }) => [number, state])).toEqual([
    [12, 'merged'],
    [11, 'closed'],
  ]);
});

test('a frame of something else changes nothing', async () => {
  const { pulls } = await loaded(OLD);

  pulls.take({ ...changed(NEW), kind: 'plan.changed' });

  expect(pulls.items).toHaveLength(1);
});

test('the reason of a closed one is kept', async () => {
  const { api, pulls } = await loaded(OLD);
  api.answer('POST /pulls/a/reason', { ...OLD, close_reason: 'Done elsewhere' });

  await pulls.giveReason(OLD, 'Done elsewhere');

  expect(api.asked.at(-1)?.body).toEqual({ reason: 'Done elsewhere' });
  expect(pulls.items[0]?.close_reason).toBe('Done elsewhere');
});

test('a refused reason is thrown, and changes nothing', async () => {
  const { api, pulls } = await loaded(OLD);
  api.answer('POST /pulls/a/reason', new Problem(409, 'pull_merged', 'This pull request was merged.'));

  await expect(pulls.giveReason(OLD, 'Done elsewhere')).rejects.toThrow('This pull request was merged.');

  expect(pulls.items[0]?.close_reason).toBeNull();
});
