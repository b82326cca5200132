/** Lists in the order people read them, and one of their items put in its place. */

import type { Plan } from '#api/shapes.ts';

/** The item stands where it stood before, or first. */
export function replaced<T extends { id: string }>(items: T[], item: T): T[] {
  return items.some(({ id }) => id === item.id) ? items.map((known) => (known.id === item.id ? { ...known, ...item } : known)) : [item, ...items];
}

export function newestFirst<T extends { created_at: string }>(items: T[]): T[] {
  return [...items].sort((a, b) => b.created_at.localeCompare(a.created_at));
}

export function newestVersionFirst(plans: Plan[]): Plan[] {
  return [...plans].sort((a, b) => b.version - a.version);
}
