/** The matrix view: rows look, columns are looked at. Labels stay in place while the cells scroll under them. */

import { differenceColour, stepOf, withAlpha } from "./colours.js";
import { clamp, clipped, drawLabel, drawLabelBox, drawPicture, fitted, hatch, labelWidth, textWidth, unitColour, unitFont } from "./pen.js";
import { say } from "./say.js";

const ANGLE = Math.PI / 3.4;
const LEAST_WIDTH = 18; // of a column, in type of 15 pixels: slanted labels stand side by side

/** Places of everything, in CSS pixels. A small map in the tray is laid out with `bare`: cells alone. */
export function layoutMatrix(ctx, scene, look, width, height, { bare = false } = {}) {
  const [rows, columns] = [scene.rows.length, scene.columns.length];
  if (bare) {
    const cellWidth = width / columns;
    const cellHeight = Math.min(height / rows, cellWidth * 1.5);
    return { left: 0, top: 0, cellWidth, cellHeight, rows, columns, sumsWidth: 0, meansHeight: 0, bare, contentWidth: width, contentHeight: rows * cellHeight };
  }
  const leastWidth = Math.round((LEAST_WIDTH * look.size) / 15);
  const widths = scene.columns.map((column) => textWidth(ctx, column.text, unitFont(look, column, true)));
  const widest = Math.max(0, ...widths);
  const reach = Math.min(widest, look.size * 8);
  const sumsWidth = scene.sums ? look.small * 3.2 : 0;
  const meansHeight = scene.means ? look.size * 2 : 0;
  // How far slanted labels lean out over the last column.
  const lean = (own, column) => (scene.columns[column].special ? 0 : Math.min(own, reach) * Math.cos(ANGLE) - (columns - column - 0.5) * leastWidth);
  const overhang = Math.max(sumsWidth, ...widths.map(lean));
  const wanted = Math.max(0, ...scene.rows.map((row) => labelWidth(ctx, look, row, scene.before(row))));
  const left = Math.floor(Math.min(wanted + look.size * 1.8, Math.max(96, width * 0.44, width - columns * leastWidth - overhang - 2)));
  const flat = widest + 8 <= (width - left - sumsWidth - 2) / columns;
  const beside = flat ? sumsWidth : overhang;
  const top = Math.ceil(flat ? look.size * 2 : reach * Math.sin(ANGLE) + look.size * 1.1);
  const lowest = clamp((height - top - meansHeight) / rows, look.row, look.size * 2.7);
  const cellWidth = clamp((width - left - beside - 2) / columns, leastWidth, flat ? Math.max(lowest * 2.4, widest + 8) : lowest * 3);
  return {
    left, top, cellWidth, cellHeight: lowest, rows, columns, sumsWidth, meansHeight, flat, reach, bare,
    contentWidth: Math.ceil(left + columns * cellWidth + beside + 2),
    contentHeight: Math.ceil(top + rows * lowest + meansHeight + 2),
  };
}

/**
 * `view`: {x, y, width, height}: how far the cells are scrolled and how much of the drawing is seen. `cells`: a picture of the
 * cells from `drawCellsAlone`, if there is one.
 */
export function drawMatrix(ctx, scene, geometry, look, view, cells = null) {
  const { left, top } = geometry;
  const end = endOfCells(geometry, view);
  const shown = shownRange(geometry, view, end);
  clipped(ctx, left, top, end.x - left, end.y - top, () => {
    ctx.translate(left - view.x, top - view.y);
    if (cells) drawPicture(ctx, cells, view.x, view.y);
    else drawCells(ctx, scene, geometry, look, shown);
    drawMarks(ctx, scene, geometry, look);
  });
  if (geometry.bare) return;
  clipped(ctx, left, 0, view.width - left, top, () => {
    ctx.translate(left - view.x, top);
    drawColumnLabels(ctx, scene, geometry, look, shown);
  });
  clipped(ctx, 0, top, left, end.y - top, () => {
    ctx.translate(0, top - view.y);
    drawRowLabels(ctx, scene, geometry, look, shown);
  });
  if (geometry.sumsWidth) drawSums(ctx, scene, geometry, look, view, end, shown);
  if (geometry.meansHeight) drawMeans(ctx, scene, geometry, look, view, end, shown);
}

/** Where the cells end that are seen. Sums and means stand there, in sight even while more cells lie beyond. */
function endOfCells({ left, top, cellWidth, cellHeight, rows, columns, sumsWidth, meansHeight }, view) {
  return {
    x: sumsWidth ? Math.min(left + columns * cellWidth - view.x, view.width - sumsWidth) : view.width,
    y: meansHeight ? Math.min(top + rows * cellHeight - view.y, view.height - meansHeight) : view.height,
  };
}

function shownRange(geometry, view, end) {
  const range = (from, length, size, count) => [clamp(Math.floor(from / size), 0, count), clamp(Math.ceil((from + length) / size), 0, count)];
  const [firstColumn, endColumn] = range(view.x, end.x - geometry.left, geometry.cellWidth, geometry.columns);
  const [firstRow, endRow] = range(view.y, end.y - geometry.top, geometry.cellHeight, geometry.rows);
  return { firstColumn, endColumn, firstRow, endRow };
}

/** The cells alone, as far as `view` shows them, for a picture that is kept while only the marks on it change. */
export function drawCellsAlone(ctx, scene, geometry, look, view) {
  ctx.translate(-view.x, -view.y);
  drawCells(ctx, scene, geometry, look, shownRange(geometry, view, endOfCells(geometry, view)));
}

function drawCells(ctx, scene, geometry, look, { firstRow, endRow, firstColumn, endColumn }) {
  const { cellWidth, cellHeight, columns } = geometry;
  const gap = cellWidth >= 10 ? 1 : 0;
  const number = geometry.bare ? null : numberFormat(ctx, look, cellWidth, scene.signed);
  const masked = [];
  const numbers = [];
  ctx.fillStyle = look.colours.grid;
  ctx.fillRect(firstColumn * cellWidth, firstRow * cellHeight, (endColumn - firstColumn) * cellWidth, (endRow - firstRow) * cellHeight);
  for (let row = firstRow; row < endRow; row += 1) {
    // Whole pixels, so that no seams show between cells.
    const y = Math.round(row * cellHeight);
    const tall = Math.round((row + 1) * cellHeight) - y - gap;
    for (let column = firstColumn; column < endColumn; column += 1) {
      const x = Math.round(column * cellWidth);
      const wide = Math.round((column + 1) * cellWidth) - x - gap;
      const cell = row * columns + column;
      const hidden = scene.masked(row, column);
      const value = hidden || (scene.kept && !scene.kept[cell]) ? 0 : scene.values[cell];
      ctx.fillStyle = cellColour(look, value, scene.signed);
      ctx.fillRect(x, y, wide, tall);
      if (hidden) masked.push([x, y, wide, tall]);
      else if (number && Math.abs(value) >= 0.005) numbers.push([value, x + wide / 2, y + tall / 2]);
    }
  }
  hatch(ctx, look, masked);
  ctx.font = look.font(look.small);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const [value, x, y] of numbers) {
    ctx.fillStyle = numberColour(look, value);
    ctx.fillText(number(value), x, y);
  }
}

function cellColour(look, value, signed) {
  return signed ? differenceColour(look.colours, value, look.scale) : look.colours.weight[stepOf(value, look.scale)];
}

function numberColour(look, value) {
  return look.colours.weightInk[stepOf(value, look.scale)];
}

/** Three places where they fit, else two, else none. */
function numberFormat(ctx, look, width, signed) {
  if (signed) return null;
  const font = look.font(look.small);
  if (textWidth(ctx, "0.000", font) + 8 <= width) return (value) => value.toFixed(3);
  if (textWidth(ctx, ".00", font) + 6 <= width) return (value) => (value >= 0.995 ? "1.0" : value.toFixed(2).slice(1));
  return null;
}

/** Beside the map the sum of each row over the pinned columns. */
function drawSums(ctx, scene, { cellHeight, top, sumsWidth }, look, view, end, { firstRow, endRow }) {
  ctx.font = look.font(look.size, true);
  ctx.textAlign = "center";
  ctx.textBaseline = "alphabetic";
  ctx.fillStyle = look.colours.text;
  ctx.fillText("Σ", end.x + sumsWidth / 2, top - 8);
  clipped(ctx, end.x, top, sumsWidth, end.y - top, () => {
    ctx.translate(end.x, top - view.y);
    for (let row = firstRow; row < endRow; row += 1) {
      drawFigure(ctx, look, scene.sums[row], 4, row * cellHeight, sumsWidth - 6, cellHeight - 1);
    }
  });
}

/** Under the map the mean of each column over the pinned rows. */
function drawMeans(ctx, scene, { cellWidth, left, meansHeight }, look, view, end, { firstColumn, endColumn }) {
  ctx.font = look.font(look.small);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = look.colours.text;
  ctx.fillText(say(look.words, "mean"), left - 8, end.y + meansHeight / 2 + 1);
  clipped(ctx, left, end.y, end.x - left, meansHeight, () => {
    ctx.translate(left - view.x, end.y);
    for (let column = firstColumn; column < endColumn; column += 1) {
      drawFigure(ctx, look, scene.means[column], column * cellWidth, 4, cellWidth - 1, meansHeight - 6);
    }
  });
}

/** A weight as a coloured field, with two places where they fit. */
function drawFigure(ctx, look, value, x, y, width, height) {
  const [font, text] = [look.font(look.small), value.toFixed(2)];
  ctx.fillStyle = look.colours.weight[stepOf(value, look.scale)];
  ctx.fillRect(x, y, width, height);
  const shown = [text, text.replace(/^0/, "")].find((each) => textWidth(ctx, each, font) + 4 <= width);
  if (!shown) return;
  ctx.font = font;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = numberColour(look, value);
  ctx.fillText(shown, x + width / 2, y + height / 2);
}

/** Frames of what is pinned, in play or under the hand; what is not predicted yet is faded. */
function drawMarks(ctx, scene, geometry, look) {
  const { cellWidth, cellHeight, rows, columns } = geometry;
  const [wide, tall] = [columns * cellWidth, rows * cellHeight];
  if (scene.play >= 0 && scene.play + 1 < rows) {
    ctx.fillStyle = withAlpha(look.colours.background, 0.82);
    ctx.fillRect(0, (scene.play + 1) * cellHeight, wide, (rows - scene.play - 1) * cellHeight);
  }
  const frame = (x, y, width, height, colour, line) => {
    ctx.strokeStyle = colour;
    ctx.lineWidth = line;
    ctx.strokeRect(x, y, width - 1, height - 1);
  };
  const rowFrame = (row, line) => frame(0, row * cellHeight, wide, cellHeight, unitColour(look, scene.rows[row]), line);
  const columnFrame = (column, line) => frame(column * cellWidth, 0, cellWidth, tall, unitColour(look, scene.columns[column]), line);
  for (const row of scene.litRows) rowFrame(row, 1.5);
  for (const column of scene.litColumns) columnFrame(column, 1.5);
  for (const row of scene.pinnedRows) rowFrame(row, geometry.bare ? 1.5 : 2.5);
  for (const column of scene.pinnedColumns) columnFrame(column, geometry.bare ? 1.5 : 2.5);
  if (scene.play >= 0) frame(0, scene.play * cellHeight, wide, cellHeight, look.colours.text, 2.5);
  if (scene.cell && scene.cell.row < rows && scene.cell.column < columns) {
    frame(scene.cell.column * cellWidth, scene.cell.row * cellHeight, cellWidth, cellHeight, look.colours.text, 2.5);
  }
}

function drawRowLabels(ctx, scene, geometry, look, { firstRow, endRow }) {
  const { left, cellHeight } = geometry;
  for (let row = firstRow; row < endRow; row += 1) {
    const unit = scene.rows[row];
    const y = row * cellHeight;
    const pinned = scene.pinnedRows.has(row);
    if (pinned || scene.litRows.has(row)) drawLabelBox(ctx, look, unit, 2, y, left - 4, cellHeight - 1, pinned);
    ctx.globalAlpha = scene.play >= 0 && row > scene.play ? 0.35 : 1;
    if (row === scene.play) {
      ctx.fillStyle = look.colours.text;
      ctx.beginPath();
      ctx.moveTo(2, y + cellHeight / 2 - 6);
      ctx.lineTo(11, y + cellHeight / 2);
      ctx.lineTo(2, y + cellHeight / 2 + 6);
      ctx.fill();
    }
    if (ctx.globalAlpha === 1) drawLabel(ctx, look, unit, scene.before(unit), left - 8, y + cellHeight / 2, left - look.size * 1.4, { strong: pinned || row === scene.play });
    else drawFutureLabel(ctx, look, unit, left, y + cellHeight / 2);
  }
  ctx.globalAlpha = 1;
}

/** A row that is still to come, in grey. */
function drawFutureLabel(ctx, look, unit, left, y) {
  ctx.globalAlpha = 0.7;
  const font = unitFont(look, unit, false);
  ctx.font = font;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = look.colours.muted;
  ctx.fillText(fitted(ctx, unit.text, font, left - look.size * 1.4), left - 8, y);
  ctx.globalAlpha = 1;
}

function drawColumnLabels(ctx, scene, geometry, look, { firstColumn, endColumn }) {
  const { cellWidth, flat, reach } = geometry;
  for (let column = Math.max(0, firstColumn - 8); column < endColumn; column += 1) {
    const unit = scene.columns[column];
    const pinned = scene.pinnedColumns.has(column);
    const font = unitFont(look, unit, pinned);
    const lit = scene.litColumns.has(column);
    const text = fitted(ctx, unit.text, font, flat ? cellWidth - 4 : reach);
    const width = textWidth(ctx, text, font);
    // Signs of special tokens stay upright, or ■ would be ◆ and ▶ point elsewhere: at the foot of their slanted place.
    const upright = flat || unit.special;
    ctx.save();
    ctx.translate((column + 0.5) * cellWidth, flat ? -look.size * 0.9 : -6);
    if (!flat && upright) ctx.translate((Math.cos(ANGLE) * width) / 2, (-Math.sin(ANGLE) * width) / 2);
    if (!upright) ctx.rotate(-ANGLE);
    if (pinned || lit) drawLabelBox(ctx, look, unit, upright ? -width / 2 - 4 : -2, -look.size * 0.7, width + 8, look.size * 1.4, pinned);
    ctx.font = font;
    ctx.textAlign = upright ? "center" : "left";
    ctx.textBaseline = "middle";
    ctx.fillStyle = unitColour(look, unit);
    ctx.fillText(text, 0, 0);
    ctx.restore();
  }
}

/** What lies at a point: {part: "cell" | "row" | "column", row, column}, or null. */
export function matrixHit(geometry, view, x, y) {
  const { left, top, cellWidth, cellHeight, rows, columns } = geometry;
  const end = endOfCells(geometry, view);
  const row = Math.floor((y - top + view.y) / cellHeight);
  const inRows = y >= top && y < end.y && row >= 0 && row < rows;
  const column = Math.floor((x - left + view.x) / cellWidth);
  const inColumns = x >= left && x < end.x && column >= 0 && column < columns;
  if (inRows && inColumns) return { part: "cell", row, column };
  if (inRows && (x < left || (geometry.sumsWidth && x >= end.x))) return { part: "row", row };
  if (inColumns && geometry.meansHeight && y >= end.y) return { part: "column", column };
  if (y < top && y >= 0) return columnLabelHit(geometry, view, x, y);
  return null;
}

/** Slanted labels: the column whose label passes through the point. */
function columnLabelHit(geometry, view, x, y) {
  const { left, top, cellWidth, columns, flat } = geometry;
  const shift = flat ? 0 : (top - 6 - y) / Math.tan(ANGLE);
  const column = Math.floor((x - left + view.x - shift) / cellWidth);
  return x >= left && column >= 0 && column < columns ? { part: "column", column } : null;
}
