/** Where the stores meet the real world: one of each, joined to this browser's fetch, sockets, storage and timers. */

import { createApi } from '#api/client.ts';
import type { FeedPage, Ticket } from '#api/shapes.ts';
import { Chats } from '#stores/chat.svelte.ts';
import { Commands } from '#stores/commands.svelte.ts';
import { Feed } from '#stores/feed.svelte.ts';
import { Fleet } from '#stores/fleet.svelte.ts';
import { Inbox } from '#stores/inbox.svelte.ts';
import { TerminalInput } from '#stores/input.svelte.ts';
import { InstanceFacts } from '#stores/instance.svelte.ts';
import { Palette } from '#stores/palette.svelte.ts';
import { Recall } from '#stores/recall.ts';
import { RecentIssues } from '#stores/recent.svelte.ts';
import { Session } from '#stores/session.svelte.ts';
import { Shortcuts } from '#stores/shortcuts.svelte.ts';
import { ThemeChoice } from '#stores/theme.svelte.ts';
import { Toasts } from '#stores/toasts.svelte.ts';

export const api = createApi({
  fetch: (input, init) => fetch(input, init),
  onUnauthenticated: () => session.expire(),
});

export const feed = new Feed({
  ticket: () => api.post<Ticket>('/sockets/ticket'),
  read: (topic, after, limit) => api.get<FeedPage>(`/feed/${encodeURIComponent(topic)}?after=${after}&limit=${limit}`),
  open(url, events) {
    const socket = new WebSocket(url);
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }) => events.said(String(data));
    socket.onclose = () => events.closed();
    return socket;
  },
  wait,
  random: () => Math.random(),
});

export const session = new Session(api);
export const instance = new InstanceFacts(api);
export const chats = new Chats(api, feed, { now: () => new Date().toISOString() });
export const commands = new Commands(api, { wait });
export const fleet = new Fleet(api, feed);
export const inbox = new Inbox(api, feed);
export const recent = new RecentIssues(api, feed);
export const palette = new Palette(api, { recent: () => recent.issues, wait });
export const shortcuts = new Shortcuts();
export const toasts = new Toasts((ms, then) => void setTimeout(then, ms));
export const terminalInput = new TerminalInput({
  vocabulary: () => ({ commands: commands.all, issues: recent.issues, prefix: instance.facts.issue_prefix }),
  recall: new Recall(stored('dispatch.said')),
  draft: stored('dispatch.draft'),
});

export const theme = new ThemeChoice({
  ...stored('dispatch.theme'),
  prefersLight: () => matchMedia('(prefers-color-scheme: light)').matches,
});

/** One value kept in this browser; a browser that keeps nothing is no fault. */
export function stored(key: string): { read(): string | null; write(value: string): void } {
  return {
    read: () => attempt(() => localStorage.getItem(key)),
    write: (value) => attempt(() => localStorage.setItem(key, value)),
  };
}

/** What moves on every screen is live. */
export function startLive(): void {
  feed.start();
  for (const store of [fleet, inbox, recent, commands]) store.start();
}

/** Nothing of the person who was signed in is kept on the page. */
export function stopLive(): void {
  chats.leave();
  for (const store of [fleet, inbox, recent, commands]) store.stop();
  feed.stop();
}

function wait(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}

function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
