import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { brandColors, contrastOf } from '#stores/brand.ts';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const [dark = '', light = ''] = css.split(":root[data-theme='light']");
const themes = { dark: colors(dark), light: { ...colors(dark), ...colors(light) } };

const READ = /^(text|text-muted|text-faint|accent-text|link|success|warning|danger|info|status-.*|priority-.*|workflow-.*|outcome-.*|pull-.*|fix-.*)$/;
const SURFACES = ['surface', 'surface-panel', 'surface-raised', 'surface-inset', 'surface-hover'];

function colors(part: string): Record<string, string> {
  return Object.fromEntries([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

describe.each(Object.entries(themes))('in the %s theme', (name, tokens) => {
  const readable = Object.keys(tokens).filter((token) => READ.test(token));

  test.each(SURFACES)('every text colour can be read on --%s', (surface) => {
    const faint = readable.filter((token) => contrastOf(tokens[token]!, tokens[surface]!) < 4.5);

    expect(faint).toEqual([]);
  });

  test.each([
    ['success', 'success-soft'],
    ['warning', 'warning-soft'],
    ['danger', 'danger-soft'],
    ['info', 'info-soft'],
    ['diff-added', 'diff-added-soft'],
    ['diff-removed', 'diff-removed-soft'],
    ['on-accent', 'accent'],
    ['on-danger-solid', 'danger-solid'],
  ])('--%s can be read on --%s', (text, ground) => {
    expect(contrastOf(tokens[text]!, tokens[ground]!)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['#f9db00', '#5e6ad2', '#000000', '#ffffff', '#ff0000', '#00ff88'])('the brand colour %s becomes one that can be read', (brand) => {
    const surface = tokens['surface-raised']!;
    const { accent, accentText, onAccent } = brandColors(brand, surface)!;

    expect(contrastOf(accentText, surface), `${name}: text`).toBeGreaterThanOrEqual(4.5);
    expect(contrastOf(onAccent, accent), `${name}: on the colour`).toBeGreaterThanOrEqual(4.5);
  });
});
