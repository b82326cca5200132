/** The terminal's chats: which there are, the one that is open, and what a person can do in it. */

import { sentenceOf, type Api } from '#api/client.ts';
import type { Chat, Choice, CommandAnswer, OpenChat, Page, Turn } from '#api/shapes.ts';
import type { Feed } from './feed.svelte.ts';
import { answerCommand, applyFrame, choiceOf, takeTurn } from './turns.ts';

export interface ChatWorld {
  now(): string;
}

/** Words on their way to the server. */
export interface Sending {
  key: number;
  text: string;
}

/** Where words go that are said now. */
interface Place {
  /** The chat, once it is known; null where the first words begin one. */
  chat: Promise<Chat | null>;
  /** Settled when the server has all that was said so far: one thing after the other. */
  said: Promise<unknown>;
}

const nowhere = (): Place => ({ chat: Promise.resolve(null), said: Promise.resolve() });

export class Chats {
  list = $state<Chat[]>([]);
  isListKnown = $state(false);
  current = $state<Chat | null>(null);
  turns = $state<Turn[]>([]);
  /** Older turns of the open chat that are not shown. */
  turnsBefore = $state(0);
  isOpening = $state(false);
  /** Why the chat could not be opened. */
  failure = $state<unknown>(null);
  /** What was said and is not in the chat yet, in order. */
  pending = $state<Sending[]>([]);
  /** What the server said no to, in its own sentence. */
  refusal = $state<string | null>(null);
  /** Choices being pressed: pressed once is enough. */
  pressed = $state<string[]>([]);
  isStopping = $state(false);

  #leave: (() => void) | null = null;
  #place = nowhere();
  #keys = 0;

  constructor(
    private readonly api: Api,
    private readonly feed: Feed,
    private readonly world: ChatWorld,
  ) {}

  /** The turn that is under way, or waits to be. */
  get open(): Turn | undefined {
    return this.turns.find(({ state }) => state !== 'finished');
  }

  async loadList(): Promise<void> {
    this.list = (await this.api.get<Page<Chat>>('/chats')).items;
    this.isListKnown = true;
  }

  /** The chat is on the screen, and stays as it is on the server. */
  async enter(id: string): Promise<void> {
    if (this.current?.id === id && !this.failure) return;
    await this.#open((place) => this.#read(id, place));
  }

  /** The chat that was used last is on the screen; nothing is open where there is none. */
  async enterNewest(): Promise<void> {
    await this.#open(async (place) => {
      await this.loadList();
      const [newest] = this.list;
      return newest ? this.#read(newest.id, place) : null;
    });
  }

  /** Nothing is open: the next words begin a new chat. */
  leave(): void {
    this.#place = nowhere();
    this.#leave?.();
    this.#leave = null;
    this.current = null;
    this.turns = [];
    this.turnsBefore = 0;
    this.pending = [];
    this.failure = this.refusal = null;
    this.isOpening = this.isStopping = false;
  }

  /**
   * The words are in the chat they were said in (a new one, if none is open); false where the server said no, with `refusal` saying why.
   *
   * Words that are said while the chat is still being opened, or while others are on their way, wait for their turn.
   */
  async send(text: string): Promise<boolean> {
    const place = this.#place;
    const key = ++this.#keys;
    this.pending.push({ key, text });
    this.refusal = null;
    const sent = place.said.then(() => this.#post(text, place));
    place.said = sent.catch(() => undefined);
    try {
      await sent;
      return true;
    } catch (error) {
      if (error !== this.failure) this.refusal = sentenceOf(error);
      return false;
    } finally {
      this.pending = this.pending.filter((one) => one.key !== key);
      void this.loadList().catch(() => undefined);
    }
  }

  /** The turn under way ends after what it is doing now. */
  async stop(): Promise<void> {
    if (!this.current || !this.open || this.isStopping) return;
    this.isStopping = true;
    try {
      await this.api.post(`/chats/${this.current.id}/stop`);
    } catch (error) {
      this.refusal = sentenceOf(error);
      this.isStopping = false;
    }
  }

  /** The choice is taken, and what it starts is on its way. */
  async choose(id: string, option: string): Promise<void> {
    if (this.pressed.includes(id)) return;
    this.pressed.push(id);
    this.refusal = null;
    try {
      const { choice, turn } = await this.api.post<{ choice: Choice; turn: Turn | null }>(`/choices/${id}`, { option });
      const shown = choiceOf(this.turns, id);
      if (shown) Object.assign(shown, choice);
      if (turn) takeTurn(this.turns, turn);
    } catch (error) {
      this.refusal = sentenceOf(error);
    } finally {
      this.pressed = this.pressed.filter((other) => other !== id);
    }
  }

  async #open(read: (place: Place) => Promise<Chat | null>): Promise<void> {
    this.leave();
    const place = this.#place;
    this.isOpening = true;
    place.chat = read(place);
    try {
      await place.chat;
    } catch (error) {
      if (place === this.#place) this.failure = error;
    } finally {
      if (place === this.#place) this.isOpening = false;
    }
  }

  async #read(id: string, place: Place): Promise<Chat> {
    const { chat, turns, turns_before, watch_after } = await this.api.get<OpenChat>(`/chats/${id}`);
    if (place === this.#place) this.#show(chat, { turns, before: turns_before, after: watch_after });
    return chat;
  }

  async #post(text: string, place: Place): Promise<void> {
    const chat = (await place.chat) ?? (await this.#begin(place));
    const answer = await this.api.post<{ turn: Turn } | CommandAnswer>(`/chats/${chat.id}/turns`, { text });
    if (place === this.#place) this.#take(answer);
  }

  async #begin(place: Place): Promise<Chat> {
    const chat = await this.api.post<Chat>('/chats');
    place.chat = Promise.resolve(chat);
    if (place === this.#place) this.#show(chat, { turns: [], before: 0, after: 0 });
    return chat;
  }

  #show(chat: Chat, { turns, before, after }: { turns: Turn[]; before: number; after: number }): void {
    this.current = chat;
    this.turns = turns;
    this.turnsBefore = before;
    this.#leave = this.feed.watch(`chat:${chat.id}`, {
      after,
      onFrame: (frame) => {
        applyFrame(this.turns, frame);
        if (frame.kind === 'turn.started') this.#arrived((frame.data as { said: string }).said);
        if (frame.kind === 'command.answered') this.#arrived((frame.data as { text: string }).text);
        if (frame.kind === 'turn.finished') this.isStopping = false;
      },
    });
  }

  /** What stands in the chat is no longer on its way. */
  #arrived(said: string): void {
    const first = this.pending.findIndex(({ text }) => text === said);
    if (first !== -1) this.pending.splice(first, 1);
  }

  #take(answer: { turn: Turn } | CommandAnswer): void {
    if ('markdown' in answer) answerCommand(this.turns, { ...answer, at: this.world.now() });
    else takeTurn(this.turns, answer.turn);
  }
}
