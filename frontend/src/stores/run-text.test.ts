import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstLine, lineCount, plainText } from './run-text.ts';

const ESC = '\u001b';

describe('plainText', () => {
  test('leaves ordinary text as it is', () => {
    expect(plainText('def total(order):\n\treturn 3 # ünïcode ✓ 日本')).toBe('def total(order):\n\treturn 3 # ünïcode ✓ 日本');
  });

  test('drops colours and cursor moves', () => {
    expect(plainText(`${ESC}[1;31mFAILED${ESC}[0m ${ESC}[2K${ESC}[10;5Hhere`)).toBe('FAILED here');
  });

  test('drops titles, links and clipboard writes with their payload', () => {
    expect(plainText(`a${ESC}]0;owned\u0007b${ESC}]8;;https://evil.example${ESC}\\c${ESC}]52;c;cm0gLXJm\u0007d`)).toBe('abcd');
  });

  test('drops device control strings and eight-bit sequences', () => {
    expect(plainText(`a${ESC}Pq#0;2;0${ESC}\\b\u009b31mc\u009d0;title\u009cd`)).toBe('abcd');
  });

  test('an unfinished sequence hides no more than its own line', () => {
    expect(plainText(`${ESC}]0;never ended\nrm -rf /`)).toBe('\nrm -rf /');
  });

  test('a sequence made of the remains of others does no harm', () => {
    expect(plainText(`${ESC}${ESC}[31m[31mred`)).not.toContain(ESC);
  });

  test('a progress bar ends as its last writing', () => {
    expect(plainText('10 %\r55 %\r100 %\ndone\r\n')).toBe('100 %\ndone\n');
  });

  test('takes out characters that change the direction of writing', () => {
    expect(plainText('access\u202e\u2066 level')).toBe('access level');
  });

  test('no control character survives, whatever is printed', () => {
    const printed = fc.string({ unit: fc.constantFrom(ESC, '[', ']', '3', '1', ';', 'm', 'P', '\u0007', '\\', '\r', '\n', '\t', '\b', '\u009b', '\u009c', 'x', '\u202e', '\0') });
    fc.assert(
      fc.property(printed, (text) => {
        expect(plainText(text)).toMatch(/^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  test('the last visible line of many is never lost', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(ESC, ']', '[', 'P', 'x', '\n', ';') }), (text) => {
        expect(plainText(`${text}\nthe end`).endsWith('\nthe end')).toBe(true);
      }),
    );
  });
});

describe('firstLine', () => {
  test('is the first line that says something', () => {
    expect(firstLine('\n  \n  Ran 12 tests\nOK')).toBe('Ran 12 tests');
  });

  test('passes over rules of dashes', () => {
    expect(firstLine('----------\nRan 12 tests')).toBe('Ran 12 tests');
    expect(firstLine('---')).toBe('---');
  });

  test('is cut in the open', () => {
    expect(firstLine('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});

test('lineCount counts a last line with or without its line feed', () => {
  expect([lineCount(''), lineCount('a'), lineCount('a\n'), lineCount('a\nb'), lineCount('\n\n')]).toEqual([0, 1, 1, 2, 2]);
});
