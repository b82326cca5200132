/** The terminal's chats: which there are, the one that is open, and what a person can do in it. */

import { sentenceOf, type Api } from '#api/client.ts';
import type { Chat, Choice, CommandAnswer, OpenChat, Page, Turn } from '#api/shapes.ts';
import type { Feed } from './feed.svelte.ts';
import { answerCommand, applyFrame, choiceOf, takeTurn } from './turns.ts';

export interface ChatWorld {
  now(): string;
}

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
  /** Words on their way to the server. */
  pending = $state<string | null>(null);
  /** What the server said no to, in its own sentence. */
  refusal = $state<string | null>(null);
  /** Choices being pressed: pressed once is enough. */
  pressed = $state<string[]>([]);
  isStopping = $state(false);

  #leave: (() => void) | null = null;
  #opening = 0;

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
    this.leave();
    const opening = this.#opening;
    this.isOpening = true;
    try {
      const { chat, turns, turns_before, watch_after } = await this.api.get<OpenChat>(`/chats/${id}`);
      if (opening !== this.#opening) return;
      this.current = chat;
      this.turns = turns;
      this.turnsBefore = turns_before;
      this.#watch(chat.id, watch_after);
    } catch (error) {
      if (opening === this.#opening) this.failure = error;
    } finally {
      if (opening === this.#opening) this.isOpening = false;
    }
  }

  /** Nothing is open: the next words begin a new chat. */
  leave(): void {
    this.#opening += 1;
    this.#leave?.();
    this.#leave = null;
    this.current = null;
    this.turns = [];
    this.turnsBefore = 0;
    this.failure = this.refusal = null;
    this.isOpening = this.isStopping = false;
  }

  /** The words are in the chat (a new one, if none is open); false where the server said no, with `refusal` saying why. */
  async send(text: string): Promise<boolean> {
    this.pending = text;
    this.refusal = null;
    try {
      const chat = this.current ?? (await this.#begin());
      const answer = await this.api.post<{ turn: Turn } | CommandAnswer>(`/chats/${chat.id}/turns`, { text });
      if (this.current?.id === chat.id) this.#take(answer);
      return true;
    } catch (error) {
      this.refusal = sentenceOf(error);
      return false;
    } finally {
      this.pending = null;
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

  async #begin(): Promise<Chat> {
    const chat = await this.api.post<Chat>('/chats');
    this.current = chat;
    this.turns = [];
    this.#watch(chat.id, 0);
    return chat;
  }

  #watch(id: string, after: number): void {
    this.#leave = this.feed.watch(`chat:${id}`, {
      after,
      onFrame: (frame) => {
        applyFrame(this.turns, frame);
        if (frame.kind === 'turn.started') this.pending = null;
        if (frame.kind === 'turn.finished') this.isStopping = false;
      },
    });
  }

  #take(answer: { turn: Turn } | CommandAnswer): void {
    if ('markdown' in answer) answerCommand(this.turns, { ...answer, at: this.world.now() });
    else takeTurn(this.turns, answer.turn);
  }
}
