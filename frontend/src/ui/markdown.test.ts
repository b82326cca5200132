// @vitest-environment jsdom
import { describe, expect, test } from 'vitest';
import { blocksOf, harmless, toHtml } from './markdown.ts';

const html = (text: string): string => toHtml(text, 'DISPATCH').trim();

describe('nothing that is written can act', () => {
  test.each([
    ['<script>alert(1)</script>'],
    ['<img src=x onerror=alert(1)>'],
    ['a <b onclick="alert(1)">word</b>'],
    ['<iframe src="https://evil.example"></iframe>'],
    ['<style>body{display:none}</style>'],
    ['<a href="javascript:alert(1)">x</a>'],
  ])('%s is shown as text', (text) => {
    const shown = document.createElement('div');
    shown.innerHTML = html(text);

    expect([...shown.querySelectorAll('*')].map(({ tagName }) => tagName).filter((tag) => tag !== 'P')).toEqual([]);
    expect(shown.textContent).toBe(text);
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', '//evil.example'])('a link to %s is no link', (href) => {
    expect(html(`[here](${href})`)).toBe('<p>here</p>');
  });

  test('nor what is written as code', () => {
    expect(html('```html\n<img src=x onerror=alert(1)>\n```')).toBe('<pre tabindex="0"><code>&lt;img src=x onerror=alert(1)&gt;\n</code></pre>');
  });

  test('a picture is not fetched, its address can be followed', () => {
    expect(html('![chart](https://example.org/x.png)')).toContain('<a href="https://example.org/x.png"');
    expect(html('![chart](https://example.org/x.png)')).not.toContain('<img');
  });

  test('a link away opens without handing us over', () => {
    expect(html('[docs](https://example.org)')).toMatch(/rel="noopener noreferrer"/);
  });
});

test.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['over\u202ewritten', 'overwritten'],
  ['a\r\nb\tc\u0000', 'a\nb\tc'],
])('%j is harmless as %j', (text, expected) => {
  expect(harmless(text)).toBe(expected);
});

describe('identifiers', () => {
  test('lead to their issue', () => {
    expect(html('see DISPATCH-12.')).toContain('<a href="/issue/DISPATCH-12" data-issue="DISPATCH-12">DISPATCH-12</a>');
  });

  test.each(['`DISPATCH-12`', 'dispatch/DISPATCH-12-x', 'XDISPATCH-12'])('not within %s', (text) => {
    expect(html(text)).not.toContain('data-issue');
  });

  test('a link that names one stays the link it is', () => {
    expect(html('[DISPATCH-1](https://example.org)')).not.toContain('data-issue');
  });
});

test('tables are tables', () => {
  expect(html('| a | b |\n|---|--:|\n| 1 | 2 |')).toContain('<td align="right">2</td>');
});

test('a growing text changes its last block alone', () => {
  const before = blocksOf('# One\n\nTwo is\n\n- a');
  const after = blocksOf('# One\n\nTwo is\n\n- a\n- b');

  expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
});
