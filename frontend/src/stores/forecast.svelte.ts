/** What a run is likely to cost, by what earlier ones of its workflow did; there is nothing to say until there were enough. */

import type { Api } from '#api/client.ts';
import type { Forecast, Workflow } from '#api/shapes.ts';

export class ForecastView {
  /** Null while it is not known, and where too few runs have ended to tell. */
  shown = $state.raw<Forecast | null>(null);

  constructor(private readonly api: Api) {}

  /** A forecast that cannot be read is not worth an error: the decision stands without it. */
  async read(issue: string, workflow: Workflow): Promise<void> {
    try {
      const forecast = await this.api.get<Forecast>(`/issues/${encodeURIComponent(issue)}/forecast?workflow=${workflow}`);
      this.shown = forecast.enough ? forecast : null;
    } catch {
      this.shown = null;
    }
  }
}
