import { expect, test } from 'vitest';
import { ago, bytes, count, counted, dollars, duration, msBetween, slug } from './words.ts';

const NOON = new Date('2026-11-22T12:00:00Z').getTime();

test.each([
  ['2026-11-22T11:59:40Z', 'just now'],
  ['2026-11-22T12:00:30Z', 'just now'],
  ['2026-11-22T11:57:00Z', '3 min ago'],
  ['2026-11-22T07:00:00Z', '5 h ago'],
  ['2026-11-20T12:00:00Z', '2 d ago'],
  ['2026-10-01T12:00:00Z', '2026-10-01'],
])('%s at noon reads %s', (at, expected) => {
  expect(ago(at, NOON)).toBe(expected);
});

test.each([
  [420, '420 ms'],
  [3210, '3.2 s'],
  [42_900, '42 s'],
  [125_000, '2 min 05 s'],
  [3_840_000, '1 h 04 min'],
])('%d ms reads %s', (ms, expected) => {
  expect(duration(ms)).toBe(expected);
});

test.each([
  ['2026-11-22T12:00:00.123900Z', '2026-11-22T12:00:04.373100Z', 4249],
  ['2026-11-22T12:00:00Z', '2026-11-22T12:00:01.000600+00:00', 1001],
])('from %s to %s it is %d ms', (since, until, expected) => {
  expect(msBetween(since, until)).toBe(expected);
});

test.each([
  [0, '$0.00'],
  [0.0031, '$0.0031'],
  [12.4, '$12.40'],
  [1234.5, '$1,234.50'],
])('%d dollars read %s', (usd, expected) => {
  expect(dollars(usd)).toBe(expected);
});

test.each([
  [0, '0 issues'],
  [1, '1 issue'],
  [12, '12 issues'],
])('%d read %s', (n, expected) => {
  expect(counted(n, 'issue')).toBe(expected);
});

test.each([
  [812, '812'],
  [3741, '3.7k'],
  [999_960, '1.0M'],
])('%d tokens read %s', (n, expected) => {
  expect(count(n)).toBe(expected);
});

test.each([
  [812, '812 B'],
  [3741, '3.7 KB'],
  [2_400_000, '2.4 MB'],
])('%d bytes read %s', (n, expected) => {
  expect(bytes(n)).toBe(expected);
});

test.each([
  ['no_changes_needed', 'no-changes-needed'],
  ['Needs Review', 'needs-review'],
])('the token for %s is %s', (word, expected) => {
  expect(slug(word)).toBe(expected);
});
