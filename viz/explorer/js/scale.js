/** The legends: a bar that runs evenly through the ramp, with numbers under it where the ramp has them. */

import { stepOf } from "./colours.js";
import { textWidth } from "./pen.js";
import { decimals, say } from "./say.js";

const STRIPES = 96;
const LAST_STEP = 255;
const TICKS = { root: [0, 0.1, 0.25, 0.5, 1], linear: [0, 0.25, 0.5, 1] };
const MIDDLE = { root: 0.25, linear: 0.5 }; // of half a bar

/** The scale of weights, and beside it what it is. */
export function drawScale(ctx, look, x, y) {
  const width = barWidth(look);
  const { weight } = look.colours;
  drawBar(ctx, look, x, y, width, (place) => weight[Math.round(place * LAST_STEP)], TICKS[look.scale], (tick) => shareOf(tick, look), String);
  ctx.textAlign = "left";
  ctx.fillText(scaleText(look), x + width + look.small, y + barHeight(look) / 2);
}

/** The scale of differences, from -1 over 0 to 1. */
export function drawDifferenceScale(ctx, look, x, y, width) {
  const { negative, positive } = look.colours;
  const colourAt = (place) => (place < 0.5 ? negative : positive)[Math.round(Math.abs(2 * place - 1) * LAST_STEP)];
  const middle = MIDDLE[look.scale];
  const placeOf = (tick) => (1 + Math.sign(tick) * shareOf(Math.abs(tick), look)) / 2;
  drawBar(ctx, look, x, y, width, colourAt, [-1, -middle, 0, middle, 1], placeOf, (tick) => `${tick > 0 ? "+" : ""}${decimals(tick)}`);
}

/** How much room the scale of weights takes. */
export function scaleSize(ctx, look) {
  const width = barWidth(look) + look.small + textWidth(ctx, scaleText(look), look.font(look.small));
  return { width: Math.ceil(width), height: scaleHeight(look) };
}

/** How tall a bar is with its numbers. */
export function scaleHeight(look) {
  return Math.round(look.small * 2.6);
}

/** `colourAt`: place on the bar, 0 to 1 -> colour. `placeOf`: number -> place. `textOf`: number -> what is written. */
function drawBar(ctx, look, x, y, width, colourAt, ticks, placeOf, textOf) {
  const tall = barHeight(look);
  for (let stripe = 0; stripe < STRIPES; stripe += 1) {
    ctx.fillStyle = colourAt((stripe + 0.5) / STRIPES);
    ctx.fillRect(x + (stripe * width) / STRIPES, y, width / STRIPES + 0.5, tall);
  }
  ctx.strokeStyle = look.colours.muted;
  ctx.lineWidth = 1;
  ctx.strokeRect(x + 0.5, y + 0.5, width - 1, tall - 1);
  ctx.font = look.font(look.small);
  ctx.textBaseline = "middle";
  ctx.fillStyle = look.colours.text;
  ticks.forEach((tick, index) => {
    const at = x + placeOf(tick) * width;
    const inside = index > 0 && index < ticks.length - 1;
    if (inside) ctx.fillRect(Math.round(at), y + tall, 1, 3);
    ctx.textAlign = inside ? "center" : index ? "right" : "left";
    ctx.fillText(textOf(tick), at, y + tall + look.small * 0.9);
  });
}

function barWidth(look) {
  return 12 * look.small;
}

function barHeight(look) {
  return Math.round(look.small * 0.9);
}

function shareOf(weight, look) {
  return stepOf(weight, look.scale) / LAST_STEP;
}

function scaleText(look) {
  return say(look.words, look.scale === "linear" ? "scale_linear" : "scale_root");
}
