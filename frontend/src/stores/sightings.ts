/** What a report of an error brings along, made safe to follow: whoever made the application fail may have chosen it. */

import type { Sighting } from '#api/shapes.ts';

type Link = Sighting['detail']['links'][number];

/** Links to the web alone, each address once, named by where they lead. */
export function safeLinks(links: Link[]): Link[] {
  const known = new Map<string, Link>();
  for (const { name, url } of links) {
    const host = hostOf(url);
    if (host !== null && !known.has(url)) known.set(url, { name: name === host ? host : `${name} (${host})`, url });
  }
  return [...known.values()];
}

function hostOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, username, password } = new URL(url);
  return /^https?:$/.test(protocol) && username === '' && password === '' ? host : null;
}
