/** Where the stores meet the real world: one of each, joined to this browser's fetch, sockets, storage and timers. */

import { createApi } from '#api/client.ts';
import type { FeedPage, Ticket } from '#api/shapes.ts';
import { Feed } from '#stores/feed.svelte.ts';
import { InstanceFacts } from '#stores/instance.svelte.ts';
import { Session } from '#stores/session.svelte.ts';
import { ThemeChoice } from '#stores/theme.svelte.ts';
import { Toasts } from '#stores/toasts.svelte.ts';

export const api = createApi({
  fetch: (input, init) => fetch(input, init),
  onUnauthenticated: () => {
    session.expire();
    feed.stop();
  },
});

export const session = new Session(api);
export const instance = new InstanceFacts(api);

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
  wait(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
});

export const toasts = new Toasts((ms, then) => void setTimeout(then, ms));

export const theme = new ThemeChoice({
  read: () => localStorage.getItem('dispatch.theme'),
  write: (chosen) => localStorage.setItem('dispatch.theme', chosen),
  prefersLight: () => matchMedia('(prefers-color-scheme: light)').matches,
});
