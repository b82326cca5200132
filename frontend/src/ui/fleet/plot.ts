/** Draws a chart with uPlot, in the colours of the page. What it shows is made in `stores/charts`. */

import type uPlot from 'uplot';
import { stacked, type Chart } from '#stores/charts.ts';

export type Draw = typeof uPlot;

const HEIGHT_PX = 160;
const FONT = '13px ui-sans-serif, system-ui, sans-serif';

export interface Drawn {
  resize(width: number): void;
  destroy(): void;
}

/** The chart stands in `place`; `onday` is told which day the pointer is on, or null. */
export function draw(Plot: Draw, place: HTMLElement, chart: Chart, onday: (at: number | null) => void): Drawn {
  const color = colorsOf(place);
  const times = chart.days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
  const layers = chart.kind === 'bars' ? stacked(chart.series) : chart.series.map((series) => ({ series, tops: series.values }));
  const axis = { stroke: color('text-muted'), font: FONT, grid: { stroke: color('border'), width: 1 }, ticks: { show: false } };
  const plot = new Plot(
    {
      width: place.clientWidth,
      height: HEIGHT_PX,
      padding: [10, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: chart.kind === 'line' }, drag: { x: false, y: false, setScale: false } },
      tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), 'UTC'),
      scales: { x: { time: true, range: (_plot, least, most) => [least - 43_200, most + 43_200] }, y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, size: 28, values: (_plot, splits) => splits.map((seconds) => (seconds % 86_400 === 0 ? dayWords(seconds) : '')), space: 70, incrs: [1, 2, 7, 14, 30].map((days) => days * 86_400) },
        { ...axis, size: 56, values: (_plot, splits) => splits.map(chart.format), ...(chart.format(0.5) === chart.format(1) && { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] }) },
      ],
      series: [
        {},
        ...layers.map(({ series }) => ({
          label: series.name,
          stroke: color(series.tone),
          width: chart.kind === 'line' ? 2 : 0,
          spanGaps: true, // a day that says nothing is no break
          ...(chart.kind === 'bars' && { fill: color(series.tone), ...(Plot.paths.bars && { paths: Plot.paths.bars({ size: [0.7, 28] }) }) }),
          points: { show: chart.kind === 'line', size: 6, fill: color(series.tone) },
        })),
      ],
      hooks: { setCursor: [({ cursor }) => onday(cursor.idx ?? null)] },
    },
    [times, ...layers.map(({ tops }) => tops)],
    place,
  );
  return { resize: (width) => plot.setSize({ width, height: HEIGHT_PX }), destroy: () => plot.destroy() };
}

function colorsOf(place: HTMLElement): (token: string) => string {
  const style = getComputedStyle(place);
  return (token) => style.getPropertyValue(`--${token}`).trim() || style.color;
}

function dayWords(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}
