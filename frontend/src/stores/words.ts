/** Numbers, times and identifiers as people read them. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `3 min ago`, `5 h ago`, `2 d ago`, then the date. */
export function ago(at: string | Date, now: number): string {
  const then = new Date(at).getTime();
  const ms = Math.max(0, now - then);
  if (ms < 45_000) return 'just now';
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.round(ms / HOUR)} h ago`;
  if (ms < 14 * DAY) return `${Math.round(ms / DAY)} d ago`;
  return new Date(then).toISOString().slice(0, 10);
}

/** `22 Nov, 15:04`, in UTC as all of Dispatch counts its days. */
export function moment(at: string): string {
  return new Date(at).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
}

/** Milliseconds from one moment to another, to the nearest: the server tells moments to the microsecond, which `Date` cuts off. */
export function msBetween(since: string, until: string): number {
  return Math.round(new Date(until).getTime() - new Date(since).getTime() + (beyondMs(until) - beyondMs(since)));
}

/** `420 ms`, `3.2 s`, `2 min 05 s`, `1 h 04 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / 1000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${pad(Math.floor((ms % MINUTE) / 1000))} s`;
  return `${Math.floor(ms / HOUR)} h ${pad(Math.floor((ms % HOUR) / MINUTE))} min`;
}

/** Dollars with as many digits as say something: `$12.40`, `$0.0031`. */
export function dollars(usd: number): string {
  if (usd === 0) return '$0.00';
  if (Math.abs(usd) < 0.01) return `$${usd.toFixed(4)}`;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** `812`, `3.7k`, `1.2M`. */
export function count(n: number): string {
  if (n < 1000) return String(n);
  if (n < 999_950) return `${(n / 1000).toFixed(1)}k`;
  return `${(n / 1_000_000).toFixed(1)}M`;
}

/** `812 B`, `3.7 KB`, `1.2 MB`. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 999_950) return `${(n / 1000).toFixed(1)} KB`;
  return `${(n / 1_000_000).toFixed(1)} MB`;
}

/** `1 issue`, `12 issues`. */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** The name of a token from a word of the API: `no_changes_needed` and `Needs Review` become `no-changes-needed`, `needs-review`. */
export function slug(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}

/** A sentence in markdown without its marks, for a line that shows text alone. */
export function unmarked(text: string): string {
  return text.replace(/[`*]|^#+\s+/gm, '');
}

/** `needs_decision` as a person reads it: `needs decision`. */
export function plain(word: string): string {
  return word.replace(/_/g, ' ');
}

/** What a moment has behind its milliseconds: 0.456 of `….123456Z`. */
function beyondMs(at: string): number {
  return Number(`0.${/\.\d{3}(\d+)/.exec(at)?.[1] ?? 0}`);
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
