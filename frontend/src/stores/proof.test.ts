import { expect, test } from 'vitest';
import { proofWords, triesWords, tryWords } from './proof.ts';

const tried = (...codes: (number | null)[]) => codes.map((exit_code) => ({ exit_code, seconds: 1, output: '' }));

test.each([
  ['proven', 'success'],
  ['not_proven', 'warning'],
  ['flaky', 'warning'],
  ['cheated', 'danger'],
] as const)('a fix that is %s says so in words and colour', (verdict, tone) => {
  expect(proofWords({ verdict })).toMatchObject({ tone });
  expect(proofWords({ verdict }).name.toLowerCase()).toBe(verdict.replace('_', ' '));
});

test.each([
  [[], null],
  [[0], 'passed once'],
  [[1], 'failed once'],
  [[1, 1, 1], 'failed 3 of 3 times'],
  [[0, 1, 0], 'passed 2 of 3 times'],
  [[null], 'failed once'],
])('tries that ended with %j: %s', (codes, words) => {
  expect(triesWords(tried(...codes))).toBe(words);
});

test('a try tells how it ended', () => {
  expect([0, 1, null].map((exit_code) => tryWords({ exit_code }))).toEqual(['passed', 'failed, exit code 1', 'did not end']);
});
