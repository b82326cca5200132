/** What this installation is called, looks like and runs on. */

import type { Api } from '#api/client.ts';
import type { Instance } from '#api/shapes.ts';

const UNKNOWN: Instance = {
  app_name: 'Dispatch',
  app_description: '',
  brand_color: '',
  braille: '',
  issue_prefix: 'DISPATCH',
  version: '',
  scripted_model: false,
  model: '',
  repository: '',
  is_demo: false,
  hints: [],
};

export class InstanceFacts {
  facts = $state<Instance>(UNKNOWN);
  isKnown = $state(false);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    this.facts = await this.api.get<Instance>('/instance');
    this.isKnown = true;
  }
}
