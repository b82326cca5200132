/** Short words about what just happened, shown for a while at the edge of the screen. */

export interface Toast {
  id: number;
  tone: 'success' | 'danger' | 'info';
  text: string;
}

const SHOWN_MS = 6000;

export class Toasts {
  shown = $state<Toast[]>([]);
  #last = 0;

  constructor(private readonly wait: (ms: number, then: () => void) => void) {}

  say(text: string, tone: Toast['tone'] = 'info'): void {
    const id = ++this.#last;
    this.shown.push({ id, tone, text });
    this.wait(SHOWN_MS, () => this.dismiss(id));
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}
