/** How the repository's own checks went, before the agent and after. */

import type { Check } from '#api/shapes.ts';

export interface CheckVerdict {
  words: string;
  tone: 'success' | 'danger' | 'warning';
  passes: boolean;
}

/** What the agent did to this check, in words. */
export function verdictOf({ exit_code, before }: Pick<Check, 'before'> & { exit_code: number | null }): CheckVerdict {
  if (exit_code === null) return { words: 'did not end', tone: 'danger', passes: false };
  const passes = exit_code === 0;
  if (!before) return passes ? { words: 'passes', tone: 'success', passes } : { words: 'fails', tone: 'danger', passes };
  const passed = before.exit_code === 0;
  if (passes) return passed ? { words: 'passes, as before', tone: 'success', passes } : { words: 'failed before, passes now', tone: 'success', passes };
  return passed ? { words: 'passed before, fails now', tone: 'danger', passes } : { words: 'fails, as before', tone: 'warning', passes };
}

/** All checks in a few words: `2 of 3 pass`. */
export function checksWords(checks: Check[]): string {
  const passing = checks.filter((check) => verdictOf(check).passes).length;
  if (passing === checks.length) return checks.length === 1 ? 'check passes' : `all ${checks.length} checks pass`;
  return `${passing} of ${checks.length} checks pass`;
}
