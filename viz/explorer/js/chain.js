/** The chain view: one output word, the source words that cross-attention reads for it, and what these read in the encoder. */

import { stepOf, withAlpha } from "./colours.js";
import { clamp, clipped, drawLabel, drawLabelBox, labelWidth, strokeCurves } from "./pen.js";
import { shortName } from "./say.js";
import { isPinned } from "./scene.js";

const LEAST_WEIGHT = 0.005;

export function layoutChain(ctx, chain, look, width, height) {
  const count = Math.max(chain.rows.length, chain.columns.length);
  const top = look.size * 2.4;
  const pitch = clamp((height - top - 8) / count, look.size * 1.5, look.size * 2.4);
  const total = pitch * count;
  const limit = width * 0.22;
  const widthOf = (units) => Math.min(limit, 20 + Math.max(0, ...units.map((unit) => labelWidth(ctx, look, unit, null))));
  const [first, rest] = [widthOf(chain.rows), widthOf(chain.columns)];
  const span = Math.min(width, 1100);
  const x0 = (width - span) / 2;
  const gap = (span - first - 2 * rest) / 2;
  const lane = (x, wide, length) => ({ x, wide, step: Math.min(total / length, pitch * 1.5), count: length });
  const lanes = [lane(x0, first, chain.rows.length), lane(x0 + first + gap, rest, chain.columns.length), lane(x0 + first + 2 * gap + rest, rest, chain.columns.length)];
  for (const each of lanes) each.start = top + (total - each.step * each.count) / 2;
  return { top, lanes, contentWidth: width, contentHeight: Math.ceil(top + total + 8) };
}

export function drawChain(ctx, chain, geometry, look, view, { last, pins, places }) {
  const [target, middle, end] = geometry.lanes;
  drawHeadings(ctx, geometry, look, last);
  clipped(ctx, 0, geometry.top, view.width, view.height - geometry.top, () => {
    ctx.translate(0, -view.y);
    const hand = chain.columns.findIndex((unit) => unit.places.some((place) => places.source.includes(place)));
    chain.first.forEach((weight, column) => drawLink(ctx, look, target, chain.row, middle, column, weight, hand >= 0 && hand !== column));
    chain.second.forEach((weight, cell) => {
      const from = Math.floor(cell / chain.columns.length);
      const to = cell % chain.columns.length;
      drawLink(ctx, look, middle, from, end, to, weight, hand >= 0 && hand !== from && hand !== to);
    });
    drawLane(ctx, look, target, chain.rows, pins, () => 0, chain.row);
    drawLane(ctx, look, middle, chain.columns, pins, (index) => chain.first[index], hand);
    drawLane(ctx, look, end, chain.columns, pins, (index) => chain.reached[index], hand);
  });
}

function drawHeadings(ctx, geometry, look, last) {
  ctx.font = look.font(look.small);
  ctx.textBaseline = "middle";
  ctx.textAlign = "center";
  ctx.fillStyle = look.colours.text;
  const [first, second, third] = geometry.lanes;
  const between = (a, b) => (a.x + a.wide + b.x) / 2;
  ctx.fillText(shortName(look.words, { kind: "cross", ...last.cross }), between(first, second), look.size);
  ctx.fillText(shortName(look.words, { kind: "encoder", ...last.encoder }), between(second, third), look.size);
}

function drawLink(ctx, look, from, row, to, column, weight, faded) {
  if (weight < LEAST_WEIGHT) return;
  const strength = stepOf(weight, look.scale) / 255;
  const ends = [from.start + (row + 0.5) * from.step, to.start + (column + 0.5) * to.step];
  ctx.strokeStyle = look.colours.weight[255];
  ctx.globalAlpha = (0.12 + 0.88 * strength) * (faded ? 0.12 : 1);
  strokeCurves(ctx, from.x + from.wide, to.x, ends, 1 + 6 * strength ** 2);
  ctx.globalAlpha = 1;
}

/** Words with their share as background, so that their own colour stays readable. */
function drawLane(ctx, look, lane, units, pins, shareOf, lit) {
  units.forEach((unit, index) => {
    const y = lane.start + (index + 0.5) * lane.step;
    const tall = Math.min(lane.step - 2, look.size * 1.7);
    const pinned = isPinned(unit, pins);
    ctx.fillStyle = look.colours.background;
    ctx.fillRect(lane.x, y - tall / 2, lane.wide, tall);
    ctx.fillStyle = withAlpha(look.colours.weight[255], 0.3 * (stepOf(shareOf(index), look.scale) / 255));
    ctx.fillRect(lane.x, y - tall / 2, lane.wide, tall);
    if (pinned || index === lit) drawLabelBox(ctx, look, unit, lane.x, y - tall / 2, lane.wide, tall, pinned);
    drawLabel(ctx, look, unit, null, lane.x + 8, y, lane.wide - 14, { align: "left", strong: pinned || index === lit });
  });
}

/** {lane, index} of the word at a point, or null. */
export function chainHit(geometry, view, x, y) {
  if (y < geometry.top) return null;
  const lane = geometry.lanes.findIndex((each) => x >= each.x && x <= each.x + each.wide);
  if (lane < 0) return null;
  const { start, step, count } = geometry.lanes[lane];
  const index = Math.floor((y + view.y - start) / step);
  return index >= 0 && index < count ? { lane, index } : null;
}
