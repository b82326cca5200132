import { expect, test } from 'vitest';
import { checksWords, verdictOf } from './checks.ts';

test.each([
  [0, 1, 'failed before, passes now', 'success'],
  [0, 0, 'passes, as before', 'success'],
  [1, 0, 'passed before, fails now', 'danger'],
  [1, 2, 'fails, as before', 'warning'],
  [0, null, 'passes', 'success'],
  [1, null, 'fails', 'danger'],
  [null, 0, 'did not end', 'danger'],
])('exit code %s after %s before: %s', (exit_code, before, words, tone) => {
  expect(verdictOf({ exit_code, before: before === null ? null : { exit_code: before } })).toMatchObject({ words, tone });
});

test('all checks are told in a few words', () => {
  const check = (exit_code: number) => ({ name: 'tests', command: 'x', exit_code, seconds: 1, output: '', before: null });

  expect(checksWords([check(0)])).toBe('check passes');
  expect(checksWords([check(0), check(1)])).toBe('1 of 2 checks pass');
  expect(checksWords([check(0), check(0)])).toBe('all 2 checks pass');
});
