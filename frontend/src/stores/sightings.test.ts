import { expect, test } from 'vitest';
import { safeLinks } from './sightings.ts';

test('only the web is linked to, and the link says where it leads', () => {
  const links = [
    { name: 'Dashboard', url: 'https://grafana.example/d/1' },
    { name: 'Silence', url: 'javascript:alert(1)' },
    { name: 'Runbook', url: 'https://good.example@bad.example/' },
    { name: 'Rule', url: '/relative' },
  ];

  expect(safeLinks(links)).toEqual([{ name: 'Dashboard (grafana.example)', url: 'https://grafana.example/d/1' }]);
});

test('the same address is linked to once', () => {
  const url = 'https://sentry.example/1';

  expect(safeLinks([{ name: 'sentry.example', url }, { name: 'Event', url }])).toEqual([{ name: 'sentry.example', url }]);
});
