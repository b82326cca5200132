import { expect, test } from 'vitest';
import type { Stats } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { FleetStats } from './stats.svelte.ts';

test('the figures shown are those of the span chosen last', async () => {
  const api = new PretendApi().answer('GET /spawns/stats?days=90', { days: 90 } as Stats).answer('GET /spawns/stats?days=7', { days: 7 } as Stats);
  const stats = new FleetStats(api);
  const letAnswer = api.hold('GET /spawns/stats?days=90');

  const slow = stats.choose(90);
  await stats.choose(7);
  letAnswer();
  await slow;

  expect(stats.shown?.days).toBe(7);
  expect(stats.isReading).toBe(false);
});
