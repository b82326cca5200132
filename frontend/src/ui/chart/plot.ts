/** Draws a chart with uPlot, in the colours of the page. What it shows is made in `stores/charts`. */

import type uPlot from 'uplot';
import { stacked, type Chart } from '#stores/charts.ts';

export type Draw = typeof uPlot;

const HEIGHT_PX = 160;
const FONT = '13px ui-sans-serif, system-ui, sans-serif';
const LABEL_PX = 14;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const STEP_S = { day: DAY_S, hour: HOUR_S };
const DAYS_S = [1, 2, 7, 14, 30].map((days) => days * DAY_S);
const INCREMENTS_S = { day: DAYS_S, hour: [...[1, 3, 6, 12].map((hours) => hours * HOUR_S), ...DAYS_S] };

export interface Drawn {
  resize(width: number): void;
  destroy(): void;
}

/** The chart stands in `place`; `onstep` is told which step the pointer is on, or null. */
export function draw(Plot: Draw, place: HTMLElement, chart: Chart, onstep: (at: number | null) => void): Drawn {
  const color = colorsOf(place);
  const times = chart.steps.map(seconds);
  const half = STEP_S[chart.step] / 2;
  const end = chart.window ? seconds(chart.window.until) : 0;
  const layers = chart.kind === 'bars' ? stacked(chart.series) : chart.series.map((series) => ({ series, tops: series.values }));
  const axis = { stroke: color('text-muted'), font: FONT, grid: { stroke: color('border'), width: 1 }, ticks: { show: false } };
  const plot = new Plot(
    {
      width: place.clientWidth,
      height: HEIGHT_PX,
      padding: [10, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: chart.kind === 'line' }, drag: { x: false, y: false, setScale: false } },
      tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), 'UTC'),
      scales: { x: { time: true, range: (_plot, least, most) => [least - half, Math.max(most + half, end)] }, y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, size: 28, values: (_plot, splits) => splits.map((at) => timeWords(at, chart.step)), space: 70, incrs: INCREMENTS_S[chart.step] },
        { ...axis, size: 56, values: (_plot, splits) => splits.map(chart.format), ...(chart.format(0.5) === chart.format(1) && { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] }) },
      ],
      series: [
        {},
        ...layers.map(({ series }) => ({
          label: series.name,
          stroke: color(series.tone),
          width: chart.kind === 'line' ? 2 : 0,
          spanGaps: true, // a step that says nothing is no break
          ...(chart.kind === 'bars' && { fill: color(series.tone), ...(Plot.paths.bars && { paths: Plot.paths.bars({ size: [chart.step === 'day' ? 0.7 : 0.9, 28] }) }) }),
          points: { show: chart.kind === 'line', size: 6, fill: color(series.tone) },
        })),
      ],
      hooks: {
        setCursor: [({ cursor }) => onstep(cursor.idx ?? null)],
        drawClear: [(plot) => drawWindow(plot, chart, color)],
        draw: [(plot) => drawMarks(plot, chart, color)],
      },
    },
    [times, ...layers.map(({ tops }) => tops)],
    place,
  );
  return { resize: (width) => plot.setSize({ width, height: HEIGHT_PX }), destroy: () => plot.destroy() };
}

/** The time that matters lies on a ground of its own. */
function drawWindow({ ctx, bbox, valToPos }: uPlot, { window }: Chart, color: (token: string) => string): void {
  if (!window) return;
  const [from, to] = [window.since, window.until].map((at) => Math.min(Math.max(valToPos(seconds(at), 'x', true), bbox.left), bbox.left + bbox.width)) as [number, number];
  ctx.save();
  ctx.fillStyle = color('surface-hover');
  ctx.fillRect(from, bbox.top, to - from, bbox.height);
  ctx.restore();
}

/** Each mark is a line with its number, by which the list beneath names it. */
function drawMarks({ ctx, bbox, valToPos }: uPlot, { marks = [] }: Chart, color: (token: string) => string): void {
  const dot = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${12 * dot}px ui-sans-serif, system-ui, sans-serif`;
  ctx.lineWidth = 1.5 * dot;
  ctx.textBaseline = 'top';
  let labelled = { x: -Infinity, row: 0 };
  for (const [at, mark] of marks.entries()) {
    const x = valToPos(seconds(mark.at), 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = color(mark.tone);
    ctx.setLineDash([4 * dot, 3 * dot]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isAtEdge = x > bbox.left + bbox.width - LABEL_PX * dot;
    ctx.textAlign = isAtEdge ? 'right' : 'left';
    const row = x - labelled.x < LABEL_PX * dot ? labelled.row + 1 : 0; // one beside another stands beneath it
    ctx.fillText(String(at + 1), x + (isAtEdge ? -3 : 3) * dot, bbox.top + row * LABEL_PX * dot);
    labelled = { x, row };
  }
  ctx.restore();
}

function seconds(step: string): number {
  return Date.parse(step.length === 10 ? `${step}T00:00:00Z` : step) / 1000;
}

function colorsOf(place: HTMLElement): (token: string) => string {
  const style = getComputedStyle(place);
  return (token) => style.getPropertyValue(`--${token}`).trim() || style.color;
}

function timeWords(at: number, step: Chart['step']): string {
  if (at % DAY_S === 0) return new Date(at * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return step === 'hour' ? new Date(at * 1000).toISOString().slice(11, 16) : '';
}
