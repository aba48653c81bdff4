/** The links view: queries on the left, keys on the right, a line for each weight; several heads at once. */

import { stepOf } from "./colours.js";
import { clamp, clipped, drawLabel, drawLabelBox, drawPicture, labelWidth, strokeCurves, textWidth, unitFont } from "./pen.js";
import { say } from "./say.js";

const LEAST_WEIGHT = 0.01;
const MOST_LINES = 1000; // more cannot be told apart, and cost more than a frame
const LEVELS = 10;
const FAINT = 0.12; // of lines while others stand out

export function layoutLinks(ctx, scene, look, width, height, heads) {
  const [rows, columns] = [scene.rows.length, scene.columns.length];
  const limit = width * 0.38;
  const leftWidth = Math.min(limit, 20 + Math.max(0, ...scene.rows.map((row) => labelWidth(ctx, look, row, scene.before(row)))));
  const rightWidth = Math.min(limit, 20 + Math.max(0, ...scene.columns.map((column) => textWidth(ctx, column.text, unitFont(look, column, true)))));
  const headings = [leftWidth, rightWidth].map((own, side) => Math.min(limit, Math.max(own, 16 + textWidth(ctx, say(look.words, side ? "to" : "from"), look.font(look.small)))));
  const top = look.size * 2;
  const pitch = clamp((height - top - 8) / Math.max(rows, columns), look.size * 1.5, look.size * 2.6);
  const total = pitch * Math.max(rows, columns);
  const span = Math.min(width, 900);
  const x0 = (width - span) / 2;
  const column = (count) => {
    const step = Math.min(total / count, pitch * 1.5);
    return { step, start: top + (total - step * count) / 2 };
  };
  return {
    floor: floorOf(heads), top, rows, columns, leftWidth, rightWidth,
    x1: x0 + headings[0], x2: x0 + span - headings[1],
    left: column(rows), right: column(columns),
    contentWidth: width, contentHeight: Math.ceil(top + total + 8),
  };
}

/**
 * `lines`: a picture of all lines from `drawAllLines`, if there is one. While some words stand out, it is laid faintly under
 * the lines of these.
 */
export function drawLinks(ctx, scene, geometry, look, view, heads, lines = null) {
  const { top } = geometry;
  const chosen = chosenUnits(scene);
  drawHeadings(ctx, geometry, look);
  clipped(ctx, 0, top, view.width, view.height - top, () => {
    const strength = chosen ? FAINT : 1;
    if (lines) {
      ctx.globalAlpha = strength;
      drawPicture(ctx, lines, 0, 0);
      ctx.globalAlpha = 1;
    }
    ctx.translate(0, -view.y);
    if (!lines) drawLines(ctx, scene, geometry, look, view, heads, null, strength);
    if (chosen) drawLines(ctx, scene, geometry, look, view, heads, chosen, 1);
    drawSide(ctx, scene, geometry, look, "left");
    drawSide(ctx, scene, geometry, look, "right");
  });
}

function drawHeadings(ctx, geometry, look) {
  ctx.font = look.font(look.small);
  ctx.fillStyle = look.colours.muted;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  ctx.fillText(say(look.words, "from"), geometry.x1 - 8, look.size);
  ctx.textAlign = "left";
  ctx.fillText(say(look.words, "to"), geometry.x2 + 8, look.size);
  ctx.textAlign = "center";
  ctx.fillText(say(look.words, "links_from", { weight: geometry.floor.toFixed(2) }), (geometry.x1 + geometry.x2) / 2, look.size);
}

function drawSide(ctx, scene, geometry, look, side) {
  const isLeft = side === "left";
  const { start, step } = geometry[side];
  const units = isLeft ? scene.rows : scene.columns;
  const [pinnedSet, litSet] = isLeft ? [scene.pinnedRows, scene.litRows] : [scene.pinnedColumns, scene.litColumns];
  const width = isLeft ? geometry.leftWidth : geometry.rightWidth;
  units.forEach((unit, index) => {
    const y = start + (index + 0.5) * step;
    const pinned = pinnedSet.has(index);
    const tall = Math.min(step - 1, look.size * 1.7);
    const x = isLeft ? geometry.x1 - width : geometry.x2;
    if (pinned || litSet.has(index)) drawLabelBox(ctx, look, unit, x + 2, y - tall / 2, width - 4, tall, pinned);
    const future = scene.play >= 0 && isLeft && index > scene.play;
    ctx.globalAlpha = 1;
    const shown = future ? { ...unit, special: true } : unit;
    const strong = pinned || (isLeft && index === scene.play);
    drawLabel(ctx, look, shown, isLeft && !future ? scene.before(unit) : null, isLeft ? geometry.x1 - 8 : geometry.x2 + 8, y, width - 14, { align: isLeft ? "right" : "left", strong });
  });
}

/** All lines, none standing out, for a picture that is kept while only marks change. */
export function drawAllLines(ctx, scene, geometry, look, view, heads) {
  ctx.translate(0, -view.y);
  drawLines(ctx, scene, geometry, look, view, heads, null, 1);
}

/**
 * The lines of `chosen` rows and columns, or of all. Lines of one colour and about one strength go into one path: thousands
 * of them then cost little.
 */
function drawLines(ctx, scene, geometry, look, view, heads, chosen, alpha) {
  const { left, right, columns, rows, x1, x2 } = geometry;
  const lastRow = scene.play >= 0 ? scene.play : rows - 1;
  heads.forEach(({ head, values, kept }, place) => {
    const shift = shiftOf(geometry, heads, place);
    const paths = Array.from({ length: LEVELS }, () => []);
    for (let row = 0; row <= lastRow; row += 1) {
      const y1 = left.start + (row + 0.5) * left.step + shift;
      for (let column = 0; column < columns; column += 1) {
        const weight = values[row * columns + column];
        if (weight < geometry.floor || isFaded(chosen, row, column) || (kept !== null && kept[row * columns + column] === 0)) continue;
        const y2 = right.start + (column + 0.5) * right.step + shift;
        if (Math.max(y1, y2) < view.y || Math.min(y1, y2) > view.y + view.height) continue;
        const level = Math.min(LEVELS - 1, Math.floor((stepOf(weight, look.scale) / 256) * LEVELS));
        paths[level].push(y1, y2);
      }
    }
    ctx.strokeStyle = look.colours.head(head);
    paths.forEach((ends, level) => {
      if (!ends.length) return;
      const strength = (level + 1) / LEVELS;
      ctx.globalAlpha = alpha * strength;
      strokeCurves(ctx, x1, x2, ends, 1 + 4 * strength ** 2);
    });
  });
  ctx.globalAlpha = 1;
}

/** Lines of several heads lie side by side. */
function shiftOf({ left }, heads, place) {
  return (place - (heads.length - 1) / 2) * Math.min(3, left.step / (heads.length + 1));
}

/** The weight from which lines are drawn: at least LEAST_WEIGHT, and so that there are no more than MOST_LINES. */
function floorOf(heads) {
  const counts = new Uint32Array(1001);
  for (const { values, kept } of heads) {
    for (let cell = 0; cell < values.length; cell += 1) {
      if (values[cell] >= LEAST_WEIGHT && (kept === null || kept[cell])) counts[Math.min(1000, Math.floor(values[cell] * 1000))] += 1;
    }
  }
  let thousandths = 1000;
  for (let lines = counts[1000]; thousandths > 1000 * LEAST_WEIGHT; thousandths -= 1) {
    lines += counts[thousandths - 1];
    if (lines > MOST_LINES) break;
  }
  return thousandths / 1000;
}

/** Rows and columns that stand out: those under the hand, else the pinned ones. Null: all alike. */
function chosenUnits(scene) {
  if (scene.cell) return { rows: new Set([scene.cell.row]), columns: new Set([scene.cell.column]), both: true };
  if (scene.litRows.size || scene.litColumns.size) return { rows: scene.litRows, columns: scene.litColumns, both: false };
  if (scene.pinnedRows.size || scene.pinnedColumns.size) return { rows: scene.pinnedRows, columns: scene.pinnedColumns, both: false };
  return null;
}

function isFaded(chosen, row, column) {
  if (!chosen) return false;
  if (chosen.both) return !(chosen.rows.has(row) && chosen.columns.has(column));
  return !(chosen.rows.has(row) || chosen.columns.has(column));
}

/** {part: "row" | "column" | "cell", ...}: a label, or the nearest line within a few pixels. */
export function linksHit(scene, geometry, view, heads, x, y) {
  const { left, right, x1, x2 } = geometry;
  const index = (side, count) => {
    const found = Math.floor((y + view.y - side.start) / side.step);
    return found >= 0 && found < count ? found : -1;
  };
  if (y < geometry.top) return null;
  if (x <= x1) return index(left, geometry.rows) < 0 || x < x1 - geometry.leftWidth ? null : { part: "row", row: index(left, geometry.rows) };
  if (x >= x2) return index(right, geometry.columns) < 0 || x > x2 + geometry.rightWidth ? null : { part: "column", column: index(right, geometry.columns) };
  return nearestLine(scene, geometry, heads, x, y + view.y);
}

function nearestLine(scene, geometry, heads, x, y) {
  const { left, right, columns, rows, x1, x2 } = geometry;
  // The curve of drawLines: x and y as cubic Bezier polynomials of one parameter; x grows with it.
  const share = (x - x1) / (x2 - x1);
  let [low, high] = [0, 1];
  for (let turn = 0; turn < 20; turn += 1) {
    const middle = (low + high) / 2;
    const at = 1.5 * middle * (1 - middle) + middle ** 3;
    if (at < share) low = middle;
    else high = middle;
  }
  const risen = 3 * low ** 2 - 2 * low ** 3;
  const chosen = chosenUnits({ ...scene, cell: null, litRows: new Set(), litColumns: new Set() });
  let best = null;
  heads.forEach(({ head, values, kept }, place) => {
    const shift = shiftOf(geometry, heads, place);
    for (let row = 0; row < rows; row += 1) {
      const y1 = left.start + (row + 0.5) * left.step;
      for (let column = 0; column < columns; column += 1) {
        const weight = values[row * columns + column];
        const shown = weight >= geometry.floor && (kept === null || kept[row * columns + column] === 1);
        if (!shown || isFaded(chosen, row, column)) continue;
        const y2 = right.start + (column + 0.5) * right.step;
        const distance = Math.abs(y1 + (y2 - y1) * risen + shift - y) - 3 * weight;
        if (distance < 5 && (!best || distance < best.distance)) best = { distance, row, column, head, weight };
      }
    }
  });
  return best && { part: "cell", row: best.row, column: best.column, head: best.head };
}
