import { expect, test } from 'vitest';
import { Editing } from './editing.svelte.ts';

function begun() {
  const heard: string[] = [];
  const editing = new Editing<HTMLInputElement>();
  editing.field = { focus: () => heard.push('field focused'), select: () => heard.push('words selected') } as unknown as HTMLInputElement;
  editing.opener = { focus: () => heard.push('opener focused') } as unknown as HTMLElement;
  return { editing, heard };
}

test('what is edited begins with the words that are there, and the focus', async () => {
  const { editing, heard } = begun();

  await editing.begin('As it is');

  expect([editing.isOpen, editing.words, heard]).toEqual([true, 'As it is', ['field focused']]);
});

test('words that are likely replaced are selected', async () => {
  const { editing, heard } = begun();

  await editing.begin('A title', { isSelected: true });

  expect(heard).toEqual(['words selected']);
});

test('who leaves is back where they began', async () => {
  const { editing, heard } = begun();
  await editing.begin('A title');

  await editing.leave();

  expect([editing.isOpen, heard.at(-1)]).toEqual([false, 'opener focused']);
});
