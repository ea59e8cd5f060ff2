// A state diagram as SVG, laid out by hand: the states in a row, the way there above, the way back below. Colours are
// those of the page that it stands in.

import type { StateDiagram, StateName } from '../doc/state-diagram.ts';
import { htmlText } from './html.ts';
import { columns } from './text-width.ts';

const boxWidth = 118;
const boxHeight = 40;
const lineHeight = 15;
/** Of a label's column at the page's small size. */
const columnWidth = 6.4;
const linesMax = 5;
const margin = 12;
const width = 780;

interface Layout {
  /** Left edge of each state's box. */
  readonly left: ReadonlyMap<StateName, number>;
  readonly top: number;
}

export function svgDiagram(diagram: StateDiagram, title: string): string {
  const { states, steps } = diagram;
  const stretch = (width - 2 * margin - boxWidth) / (states.length - 1);
  const labelColumns = Math.floor((stretch - boxWidth - 16) / columnWidth);
  const forward = steps.filter((step) => step.to !== 'rest' && step.from !== step.to);
  const above = Math.max(1, ...forward.map(({ label }) => wrapped(label, labelColumns).length));
  const again = steps.find((step) => step.from === step.to);
  const top = margin + Math.max(above * lineHeight, again === undefined ? 0 : 34 + lineHeight) + 4;
  const layout: Layout = {
    left: new Map(states.map(({ name }, index) => [name, margin + index * stretch])),
    top,
  };
  const parts = states.map(({ name, label }) => box(name, label, layout));
  let bottom = top + boxHeight;
  for (const { from, to, label } of steps) {
    if (from === to) parts.push(loop(from, label, layout));
    else if (to === 'rest' && from === 'pending') {
      const lines = wrapped(label, labelColumns);
      parts.push(straight(to, from, lines, layout, true));
      bottom = Math.max(bottom, top + boxHeight / 2 + 12 + lines.length * lineHeight);
    } else if (to !== 'rest') parts.push(straight(from, to, wrapped(label, labelColumns), layout, false));
  }
  const back = steps.find((step) => step.from === 'active' && step.to === 'rest');
  if (back !== undefined) {
    const lines = wrapped(back.label, Math.floor((width - 2 * boxWidth) / columnWidth));
    parts.push(underneath(lines, layout, bottom + 14));
    bottom += 14 + lines.length * lineHeight + 8;
  }
  const height = bottom + margin;
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${htmlText(title)}" class="states">${parts.join('')}</svg>`;
}

/** To stand once on the page, before any diagram. */
export const svgArrowHead =
  '<svg width="0" height="0" class="states" aria-hidden="true"><defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" class="tip"/></marker></defs></svg>';

function box(name: StateName, label: string, { left, top }: Layout): string {
  const x = left.get(name) ?? 0;
  return `<rect x="${x}" y="${top}" width="${boxWidth}" height="${boxHeight}" rx="8" class="state ${name}"/>${text([label], x + boxWidth / 2, top + boxHeight / 2 + 4, 'name')}`;
}

/** Between two neighbours; `back`: the arrow points to the left and its label stands below. */
function straight(
  from: StateName,
  to: StateName,
  lines: readonly string[],
  { left, top }: Layout,
  back: boolean,
): string {
  const start = (left.get(from) ?? 0) + boxWidth + 2;
  const end = (left.get(to) ?? 0) - 2;
  const y = top + boxHeight / 2 + (back ? 7 : -7);
  const [a, b] = back ? [end, start] : [start, end];
  const first = back ? y + lineHeight : y - 7 - (lines.length - 1) * lineHeight;
  return `${arrow(`M${a} ${y} L${b} ${y}`)}${text(lines, (start + end) / 2, first, 'label')}`;
}

/** From the active state to itself, above it. */
function loop(state: StateName, label: string, { left, top }: Layout): string {
  const right = (left.get(state) ?? 0) + boxWidth;
  const path = `M${right - 30} ${top - 2} C${right - 34} ${top - 30} ${right + 2} ${top - 30} ${right - 8} ${top - 2}`;
  return `${arrow(path)}${text([label], right, top - 30, 'label end')}`;
}

/** The long way back from the last state to the first. */
function underneath(lines: readonly string[], { left, top }: Layout, y: number): string {
  const from = (left.get('active') ?? 0) + boxWidth / 2;
  const to = (left.get('rest') ?? 0) + boxWidth / 2;
  const edge = top + boxHeight + 2;
  const path = `M${from} ${edge} L${from} ${y - 8} Q${from} ${y} ${from - 8} ${y} L${to + 8} ${y} Q${to} ${y} ${to} ${y - 8} L${to} ${edge}`;
  return `${arrow(path)}${text(lines, (from + to) / 2, y + lineHeight, 'label')}`;
}

function arrow(path: string): string {
  return `<path d="${path}" class="arrow" marker-end="url(#head)"/>`;
}

function text(lines: readonly string[], x: number, y: number, kind: string): string {
  const spans = lines.map((line, at) => `<tspan x="${x}" y="${y + at * lineHeight}">${htmlText(line)}</tspan>`);
  return `<text class="${kind}">${spans.join('')}</text>`;
}

/** Words to lines; what does not fit into `linesMax` of them is cut. */
function wrapped(label: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of label.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columns(longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  const fitting = lines.map((entry) => (columns(entry) > room ? `${entry.slice(0, Math.max(1, room - 1))}…` : entry));
  if (fitting.length <= linesMax) return fitting;
  return [...fitting.slice(0, linesMax - 1), `${(fitting[linesMax - 1] ?? '').slice(0, room - 2)} …`];
}
