/** Whether a fix is proven: the test that an agent names fails without it and passes with it. The runner saw it, not the agent. */

import type { Proof, Try } from '#api/shapes.ts';
import { counted } from './words.ts';

export interface ProofWords {
  name: string;
  says: string;
  tone: 'success' | 'warning' | 'danger';
  icon: 'done' | 'question' | 'warning' | 'failure';
}

const WORDS: Record<Proof['verdict'], ProofWords> = {
  proven: { name: 'Proven', says: 'The test fails without the change and passes with it.', tone: 'success', icon: 'done' },
  not_proven: { name: 'Not proven', says: 'The test does not tell the two apart.', tone: 'warning', icon: 'question' },
  flaky: { name: 'Flaky', says: 'The test does not always end the same way.', tone: 'warning', icon: 'warning' },
  cheated: { name: 'Cheated', says: 'The test was bent until it passed.', tone: 'danger', icon: 'failure' },
};

export function proofWords({ verdict }: Pick<Proof, 'verdict'>): ProofWords {
  return WORDS[verdict];
}

/** How often it passed: `failed 3 of 3 times`, `passed once`; null where it was not tried. */
export function triesWords(tries: Try[]): string | null {
  if (tries.length === 0) return null;
  const passed = tries.filter(({ exit_code }) => exit_code === 0).length;
  if (tries.length === 1) return passed === 1 ? 'passed once' : 'failed once';
  if (passed === 0) return `failed ${tries.length} of ${tries.length} times`;
  return `passed ${passed} of ${counted(tries.length, 'time')}`;
}

/** How one try ended. */
export function tryWords({ exit_code }: Pick<Try, 'exit_code'>): string {
  if (exit_code === null) return 'did not end';
  return exit_code === 0 ? 'passed' : `failed, exit code ${exit_code}`;
}
