/** The brand's colour laid over the tokens, as a style for the document. */

import { instance, theme } from '#browser';
import { brandColors } from '#stores/brand.ts';

const SURFACES = { dark: '#1b1f26', light: '#eef0f4' }; // --surface-raised of each theme: the hardest to read on

/** Keeps the document in the theme and the brand that are chosen. */
export function wearTheme(root: HTMLElement): void {
  root.dataset.theme = theme.current;
  const colors = brandColors(instance.facts.brand_color, SURFACES[theme.current]);
  set(root, '--accent', colors?.accent);
  set(root, '--accent-text', colors?.accentText);
  set(root, '--on-accent', colors?.onAccent);
}

function set(root: HTMLElement, name: string, value: string | undefined): void {
  if (value) root.style.setProperty(name, value);
  else root.style.removeProperty(name);
}
