import { expect, test } from 'vitest';
import type { Forecast } from '#api/shapes.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { ForecastView } from './forecast.svelte.ts';

const ASKED = 'GET /issues/i/forecast?workflow=prd-implement';
const FORECAST = { workflow: 'prd-implement', runs: 23, enough: true, likely_usd: 2.1, high_usd: 9.4, sentence: 'Likely $2.10.' } as Forecast;

test('a forecast from enough runs is shown', async () => {
  const view = new ForecastView(new PretendApi().answer(ASKED, FORECAST));

  await view.read('i', 'prd-implement');

  expect(view.shown?.sentence).toBe('Likely $2.10.');
});

test('a forecast from too few runs says nothing', async () => {
  const view = new ForecastView(new PretendApi().answer(ASKED, { ...FORECAST, runs: 4, enough: false }));

  await view.read('i', 'prd-implement');

  expect(view.shown).toBeNull();
});

test('a plan can be decided on without its forecast', async () => {
  const view = new ForecastView(new PretendApi());

  await view.read('i', 'prd-implement');

  expect(view.shown).toBeNull();
});
