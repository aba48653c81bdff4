/** What all drawings share: type, clipped regions, labels, hatching. `ctx` is a 2D context or the SvgContext of svg.js. */

import { withAlpha } from "./colours.js";

const widths = new Map();
const hatches = new WeakMap();

/** Sizes and type of a drawing, in CSS pixels: `size` of labels, `small` of numbers, `row` the least height of a row. */
export function lookOf(colours, words, scale, { presenter, family }) {
  const font = (pixels, bold = false) => `${bold ? "bold " : ""}${pixels}px ${family}`;
  return { colours, words, scale, size: presenter ? 24 : 15, small: presenter ? 22 : 14, row: presenter ? 29 : 20, font };
}

export function textWidth(ctx, text, font) {
  const key = `${font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 4000) widths.clear();
    ctx.font = font;
    width = ctx.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

/** Forget widths, as when a font has arrived. */
export function forgetWidths() {
  widths.clear();
}

/** The text, cut with … so that it fits. */
export function fitted(ctx, text, font, limit) {
  if (textWidth(ctx, text, font) <= limit) return text;
  const characters = [...text];
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(ctx, `${characters.slice(0, middle).join("")}…`, font) <= limit) low = middle;
    else high = middle - 1;
  }
  return low ? `${characters.slice(0, low).join("")}…` : "…";
}

/** Draws within a rectangle only. */
export function clipped(ctx, x, y, width, height, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  draw();
  ctx.restore();
}

export function unitFont(look, unit, strong) {
  return unit.special ? look.font(look.small) : look.font(look.size, strong);
}

export function unitColour(look, unit) {
  return unit.special ? look.colours.muted : look.colours[unit.side];
}

/** Width of a label: the word, or "input → predicted" where the row reads one word and predicts another. */
export function labelWidth(ctx, look, unit, before, strong = true) {
  const own = textWidth(ctx, unit.text, unitFont(look, unit, strong));
  return before ? own + textWidth(ctx, before.text, unitFont(look, before, false)) + arrowWidth(look) : own;
}

export function arrowWidth(look) {
  return look.size * 1.6;
}

/** A label that ends (align "right") or begins ("left") at x, its middle at y. A long input word is cut first. */
export function drawLabel(ctx, look, unit, before, x, y, limit, { align = "right", strong = false } = {}) {
  ctx.textBaseline = "middle";
  const font = unitFont(look, unit, strong);
  if (!before) {
    ctx.textAlign = align;
    ctx.font = font;
    ctx.fillStyle = unitColour(look, unit);
    ctx.fillText(fitted(ctx, unit.text, font, limit), x, y);
    return;
  }
  const beforeFont = unitFont(look, before, false);
  const free = limit - arrowWidth(look);
  const beforeWidth = textWidth(ctx, before.text, beforeFont);
  const own = fitted(ctx, unit.text, font, free - Math.min(beforeWidth, look.size));
  const ownWidth = textWidth(ctx, own, font);
  const read = fitted(ctx, before.text, beforeFont, free - ownWidth);
  const readWidth = textWidth(ctx, read, beforeFont);
  const end = align === "right" ? x : x + readWidth + arrowWidth(look) + ownWidth;
  ctx.textAlign = "right";
  ctx.font = font;
  ctx.fillStyle = unitColour(look, unit);
  ctx.fillText(own, end, y);
  ctx.textAlign = "center";
  ctx.font = look.font(look.size);
  ctx.fillStyle = look.colours.muted;
  ctx.fillText("→", end - ownWidth - arrowWidth(look) / 2, y);
  ctx.textAlign = "right";
  ctx.font = beforeFont;
  ctx.globalAlpha = 0.8;
  ctx.fillStyle = unitColour(look, before);
  ctx.fillText(read, end - ownWidth - arrowWidth(look), y);
  ctx.globalAlpha = 1;
}

/** A soft box behind a label that is pinned (with an edge) or under the hand. */
export function drawLabelBox(ctx, look, unit, x, y, width, height, pinned) {
  const colour = unitColour(look, unit);
  ctx.fillStyle = withAlpha(colour, pinned ? 0.2 : 0.1);
  ctx.fillRect(x, y, width, height);
  if (!pinned) return;
  ctx.fillStyle = colour;
  ctx.fillRect(x, y + height - 2, width, 2);
}

/** Hatched rectangles [x, y, width, height] of masked cells. */
export function hatch(ctx, look, rectangles) {
  if (!rectangles.length) return;
  ctx.fillStyle = ctx.hatch ? ctx.hatch(look.colours.muted) : hatchPattern(ctx, look.colours.muted);
  ctx.globalAlpha = 0.55;
  for (const [x, y, width, height] of rectangles) ctx.fillRect(x, y, width, height);
  ctx.globalAlpha = 1;
}

function hatchPattern(ctx, colour) {
  const held = hatches.get(ctx);
  if (held?.colour === colour) return held.pattern;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  for (const shift of [-8, 0, 8]) {
    pen.beginPath();
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
    pen.stroke();
  }
  const pattern = ctx.createPattern(tile, "repeat");
  hatches.set(ctx, { colour, pattern });
  return pattern;
}

export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

function screenRatio() {
  return Math.min(3, devicePixelRatio || 1);
}

/** Draws a canvas that `prepareCanvas` has made, pixel for pixel, its corner at (x, y). */
export function drawPicture(ctx, canvas, x, y) {
  ctx.drawImage(canvas, x, y, canvas.width / screenRatio(), canvas.height / screenRatio());
}

/** Gives a canvas its size in CSS pixels and returns its context, scaled for the screen and cleared. */
export function prepareCanvas(canvas, width, height, background, ratio = screenRatio()) {
  const [pixelsWide, pixelsHigh] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== pixelsWide || canvas.height !== pixelsHigh) {
    canvas.width = pixelsWide;
    canvas.height = pixelsHigh;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext("2d", { alpha: false });
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.fillStyle = background;
  ctx.fillRect(0, 0, width + 1, height + 1);
  return ctx;
}

/**
 * Curves from (x1, y1) to (x2, y2), all of one colour and width: `ends` is [y1, y2, y1, y2, ...]. On a canvas a thick curve is
 * drawn as thin ones side by side, in one path: browsers draw thin lines many times faster than thick ones.
 */
export function strokeCurves(ctx, x1, x2, ends, width) {
  const thin = ctx.isVector ? width : 1 / screenRatio();
  const apart = 0.6 * thin; // closer than they are wide, so that no gap shows
  const strands = ctx.isVector ? 1 : 1 + Math.max(0, Math.round((width - thin) / apart));
  const middle = (x1 + x2) / 2;
  ctx.lineWidth = thin;
  ctx.beginPath();
  for (let end = 0; end < ends.length; end += 2) {
    for (let strand = 0; strand < strands; strand += 1) {
      const shift = (strand - (strands - 1) / 2) * apart;
      const [y1, y2] = [ends[end] + shift, ends[end + 1] + shift];
      ctx.moveTo(x1, y1);
      ctx.bezierCurveTo(middle, y1, middle, y2, x2, y2);
    }
  }
  ctx.stroke();
}
