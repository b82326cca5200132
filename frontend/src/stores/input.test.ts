import { describe, expect, test } from 'vitest';
import { complete, type Vocabulary } from './completion.ts';
import { Commands } from './commands.svelte.ts';
import { TerminalInput } from './input.svelte.ts';
import { PretendApi } from '../../tests-support/pretend-api.ts';
import { PretendServer } from '../../tests-support/pretend-server.ts';
import { Recall } from './recall.ts';
import { Shortcuts } from './shortcuts.svelte.ts';

const VOCABULARY = {
  commands: [
    { name: '/status', usage: '/status', help: 'What runs' },
    { name: '/search', usage: '/search WORDS', help: 'Issues about these' },
  ],
  issues: [
    { identifier: 'DISPATCH-1', title: 'Wrong total' },
    { identifier: 'DISPATCH-12', title: 'Slow export' },
  ],
  prefix: 'DISPATCH',
};

function kept(first: string | null = null): { read(): string | null; write(text: string): void } {
  let value = first;
  return { read: () => value, write: (text) => void (value = text) };
}

function input(vocabulary = (): Vocabulary => VOCABULARY): TerminalInput {
  return new TerminalInput({ vocabulary, recall: new Recall(kept()), draft: kept() });
}

const words = (text: string): string[] => complete(text, text.length, VOCABULARY).offers.map(({ word }) => word);

describe('completion', () => {
  test.each([
    ['/', ['/status', '/search']],
    ['/se', ['/search']],
    ['/SE', ['/search']],
    ['/status', []],
    ['say /st', []],
    ['look at dis', ['DISPATCH-1', 'DISPATCH-12']],
    ['look at DISPATCH-12', []],
    ['/why dispatch-1', ['DISPATCH-1', 'DISPATCH-12']],
    ['d', []],
    ['disco', []],
  ])('%j offers %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('a taken offer replaces the word before the caret and leaves the rest', () => {
    const it = input();
    it.type('why dis and then', 7);

    it.accept();

    expect(it.text).toBe('why DISPATCH-1 and then');
    expect(it.caret).toBe('why DISPATCH-1 '.length);
  });
});

test('commands that get known after their first letters were typed are offered too', async () => {
  const server = new PretendServer();
  const api = new PretendApi(); // nothing answers yet
  const commands = new Commands(api, server);
  const it = input(() => ({ ...VOCABULARY, commands: commands.all }));
  commands.start();
  it.type('/st', 3);
  await server.pass(100);
  expect(it.marked).toBe(-1);

  api.answer('GET /commands', VOCABULARY.commands);
  await server.pass(2000);

  expect(it.offers).toMatchObject([{ word: '/status' }]);
  expect(it.marked).toBe(0);
});

describe('what was said before', () => {
  test('arrow-up goes back through it and arrow-down returns to the draft', () => {
    const it = input();
    for (const said of ['one', 'two']) {
      it.type(said, said.length);
      it.takeOut();
    }
    it.type('draft', 5);

    const shown = (['older', 'older', 'older', 'newer', 'newer', 'newer'] as const).map((way) => (it.recall(way), it.text));

    expect(shown).toEqual(['two', 'one', 'one', 'two', 'draft', 'draft']);
  });

  test('it is remembered by the next page, whatever was stored', () => {
    const world = kept('{"not": "a list"}');
    new Recall(world).add('one');

    expect(new Recall(world).older('')).toBe('one');
  });
});

test('empty words are not taken out', () => {
  const it = input();
  it.type('  \n', 3);

  expect(it.takeOut()).toBeNull();
});

describe('the keyboard', () => {
  const press = (keys: Shortcuts, key: string, isTyping = false, isMod = false): boolean => keys.press({ key, isTyping, isMod });

  function keyboard(): { keys: Shortcuts; done: string[] } {
    const keys = new Shortcuts();
    const done: string[] = [];
    for (const name of ['Mod+K', '/', 'G B', 'B']) keys.add({ keys: name, says: name, run: () => done.push(name) });
    return { keys, done };
  }

  test('a sequence needs both its keys, one after the other', () => {
    const { keys, done } = keyboard();

    for (const key of ['g', 'b', 'g', 'x', 'b']) press(keys, key);

    expect(done).toEqual(['G B', 'B']);
  });

  test('letters belong to whoever types, the palette does not', () => {
    const { keys, done } = keyboard();

    expect(press(keys, '/', true)).toBe(false);
    expect(press(keys, 'k', true, true)).toBe(true);
    expect(done).toEqual(['Mod+K']);
  });

  test("a screen's key hides the site's until the screen is left", () => {
    const { keys, done } = keyboard();
    const leave = keys.add({ keys: '/', says: 'Write', run: () => done.push('write') });

    press(keys, '/');
    leave();
    press(keys, '/');

    expect(done).toEqual(['write', '/']);
    expect(keys.listed.filter((one) => one.keys === '/')).toHaveLength(1);
  });
});
