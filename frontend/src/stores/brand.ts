/** The brand's colour, made readable: any colour may be set, and text must still keep 4.5:1 on the surface it stands on. */

type Rgb = [number, number, number];

const LEAST_CONTRAST = 4.5;

export interface BrandColors {
  accent: string;
  /** The brand's colour as text and lines: nudged until it can be read. */
  accentText: string;
  /** Text on the brand's colour. */
  onAccent: string;
}

/** The colours for a surface, or null where the brand has none that can be read as a colour. */
export function brandColors(color: string, surface: string): BrandColors | null {
  const accent = parse(color);
  const ground = parse(surface);
  if (!accent || !ground) return null;
  const toward: Rgb = luminance(ground) < 0.5 ? [255, 255, 255] : [0, 0, 0];
  return {
    accent: print(accent),
    accentText: print(readable(accent, ground, toward)),
    onAccent: contrast(accent, [0, 0, 0]) >= contrast(accent, [255, 255, 255]) ? '#000000' : '#ffffff', // one of them always is 4.5:1
  };
}

export function contrastOf(one: string, other: string): number {
  const [a, b] = [parse(one), parse(other)];
  return a && b ? contrast(a, b) : 1;
}

function readable(color: Rgb, ground: Rgb, toward: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = color.map((part, index) => Math.round(part + ((toward[index] ?? 0) - part) * share)) as Rgb;
    if (contrast(mixed, ground) >= LEAST_CONTRAST) return mixed;
  }
  return toward;
}

function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (part: number): number => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function parse(color: string): Rgb | null {
  const hex = /^#([0-9a-f]{6})$/i.exec(color.trim().replace(/^#([0-9a-f])([0-9a-f])([0-9a-f])$/i, '#$1$1$2$2$3$3'))?.[1];
  return hex ? [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Rgb : null;
}

function print(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
