/** The time as screens show it: one timer for every "3 min ago" on the page, stopped when none is shown. */

import { createSubscriber } from 'svelte/reactivity';

const TICK_MS = 1000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

/** Milliseconds since 1970; read in a template it renews itself every second. */
export function now(): number {
  subscribe();
  return Date.now();
}
