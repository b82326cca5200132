import { expect, test } from 'vitest';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { Palette } from './palette.svelte.ts';

const card = (identifier: string, title: string) => ({ id: identifier, identifier, title }) as never;

function palette(): { it: Palette; api: PretendApi; server: PretendServer } {
  const server = new PretendServer();
  const api = new PretendApi();
  return { it: new Palette(api, { recent: () => [card('D-1', 'Wrong total')], wait: (ms, then) => server.wait(ms, then) }), api, server };
}

test('what is typed before its field is there is meant for it', () => {
  const { it } = palette();
  it.open();

  const taken = ['/', 's', 'x', 'Backspace', 'p', 'Enter', 'Tab', 'Shift', 'F5'].map((key) => it.take(key));

  expect(it.query).toBe('/sp');
  expect(taken).toEqual([true, true, true, true, true, true, false, false, false]);
});

test('it takes no keys while it is closed', () => {
  const { it } = palette();
  expect(it.take('a')).toBe(false);

  it.open();
  it.take('Escape');

  expect(it.isOpen).toBe(false);
  expect(it.take('a')).toBe(false);
});

test('it opens empty', () => {
  const { it } = palette();
  it.open();
  it.take('a');

  it.open();

  expect(it.query).toBe('');
});

test('what is known here is found at once, and then what the server finds', async () => {
  const { it, api, server } = palette();
  api.answer('GET /search?q=total&limit=8', { items: [card('D-2', 'Total wrong'), card('D-1', 'Wrong total')] });

  it.search('Total ');
  expect(it.found).toMatchObject([{ identifier: 'D-1' }]);
  await server.pass(200);

  expect(it.found).toMatchObject([{ identifier: 'D-2' }, { identifier: 'D-1' }]);
});
