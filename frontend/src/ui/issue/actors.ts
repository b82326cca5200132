/** Who did something, as a name: the wire has an actor, or just the name. */

export function nameOf(actor: unknown): string {
  if (typeof actor === 'string') return actor;
  if (typeof actor === 'object' && actor !== null && 'name' in actor && typeof actor.name === 'string') return actor.name;
  return '';
}
