/** Which theme the site wears: the person's choice, else the system's. Applying it is the layout's. */

export type Theme = 'dark' | 'light';

export interface ThemeWorld {
  read(): string | null;
  write(theme: Theme): void;
  prefersLight(): boolean;
}

export class ThemeChoice {
  current = $state<Theme>('dark');
  #world: ThemeWorld;

  constructor(world: ThemeWorld) {
    this.#world = world;
    const kept = world.read();
    this.current = kept === 'dark' || kept === 'light' ? kept : world.prefersLight() ? 'light' : 'dark';
  }

  toggle(): void {
    this.current = this.current === 'dark' ? 'light' : 'dark';
    this.#world.write(this.current);
  }
}
