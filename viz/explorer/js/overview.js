/** The overview: three blocks of small maps, layers down, heads to the right, averages at the ends. */

import { stepOf } from "./colours.js";
import { AVERAGE, mapOf } from "./maps.js";
import { KINDS } from "./payload.js";
import { fitted, prepareCanvas, textWidth } from "./pen.js";
import { headName, say } from "./say.js";
import { sameHead } from "./state.js";
import { isMasked } from "./units.js";

const GAP = 3;
const BETWEEN = 12;
const SIDE = 20; // for the numbers of the layers
const MOST_PIXELS = 44; // of one map, each way
const PIXEL_STEPS = 2048;
const VEIL_STEP = 14; // of the ramp's 256

/** Blocks under each other, within `height` if that can be, or (`strip`) beside each other with larger tiles for fingers. */
export function layoutOverview(maps, width, height, look, strip) {
  const heading = look.size * 1.7;
  const heads = maps.cross.heads + 1;
  const tile = strip ? 40 : Math.max(14, Math.floor((width - SIDE) / heads - GAP));
  const labels = heading + look.small * 1.3;
  const layersInAll = KINDS.reduce((sum, kind) => sum + maps[kind].layers + 1, 0);
  const room = (height - KINDS.length * (labels + BETWEEN)) / layersInAll - GAP;
  const tall = strip ? 40 : Math.floor(Math.max(Math.min(tile, 18), Math.min(tile, room)));
  const [step, down] = [tile + GAP, tall + GAP];
  let [x, y, right, bottom] = [0, 0, 0, 0];
  const blocks = KINDS.map((kind) => {
    const layers = maps[kind].layers + 1;
    const block = { kind, x, y, left: x + SIDE, top: y + labels, layers, heads, width: SIDE + heads * step };
    right = Math.max(right, block.left + heads * step);
    bottom = Math.max(bottom, block.top + layers * down);
    if (strip) x = block.left + heads * step + 18;
    else y = block.top + layers * down + BETWEEN;
    return block;
  });
  return { blocks, tile, tall, step, down, heading, side: SIDE, width: Math.ceil(strip ? right : width), height: Math.ceil(bottom) };
}

export function tilePlace(geometry, { kind, layer, head }) {
  const block = geometry.blocks.find((each) => each.kind === kind);
  const [row, column] = [layer === AVERAGE ? block.layers - 1 : layer, head === AVERAGE ? block.heads - 1 : head];
  return { x: block.left + column * geometry.step, y: block.top + row * geometry.down };
}

/** The head at a point, or null. */
export function overviewHit(geometry, x, y) {
  for (const block of geometry.blocks) {
    const column = Math.floor((x - block.left) / geometry.step);
    const row = Math.floor((y - block.top) / geometry.down);
    if (column >= 0 && column < block.heads && row >= 0 && row < block.layers) {
      return { kind: block.kind, layer: row === block.layers - 1 ? AVERAGE : row, head: column === block.heads - 1 ? AVERAGE : column };
    }
  }
  return null;
}

/** All heads of a geometry, averages included. */
function* tiles(geometry) {
  for (const { kind, layers, heads } of geometry.blocks) {
    for (let row = 0; row < layers; row += 1) {
      for (let column = 0; column < heads; column += 1) {
        yield { kind, layer: row === layers - 1 ? AVERAGE : row, head: column === heads - 1 ? AVERAGE : column };
      }
    }
  }
}

/** Draws all that changes seldom: headings, numbers, small maps. `passes(ref)`: whether the filter lets a head through. */
export function drawOverviewBase(canvas, model, geometry, look, passes, hide) {
  const ctx = prepareCanvas(canvas, geometry.width, geometry.height, look.colours.background);
  const atlases = Object.fromEntries(KINDS.map((kind) => [kind, atlasOf(model, kind, look)]));
  for (const block of geometry.blocks) drawBlockLabels(ctx, geometry, block, look);
  for (const ref of tiles(geometry)) {
    const { x, y } = tilePlace(geometry, ref);
    const through = passes(ref);
    ctx.strokeStyle = look.colours.grid;
    ctx.lineWidth = 1;
    ctx.strokeRect(x - 0.5, y - 0.5, geometry.tile + 1, geometry.tall + 1);
    if (!through && hide) continue;
    const { image, columns, rows, heads, layers } = atlases[ref.kind];
    const row = ref.layer === AVERAGE ? layers : ref.layer;
    const column = ref.head === AVERAGE ? heads : ref.head;
    ctx.imageSmoothingEnabled = columns > geometry.tile || rows > geometry.tall;
    ctx.imageSmoothingQuality = "high";
    ctx.globalAlpha = through ? 1 : 0.18;
    ctx.drawImage(image, column * columns, row * rows, columns, rows, x, y, geometry.tile, geometry.tall);
    ctx.globalAlpha = 1;
  }
}

/**
 * All maps of one kind in one picture, one pixel a cell. Long sentences share pixels, each as strong as the strongest of
 * its cells: averages would wash out what there is to see.
 */
function atlasOf(model, kind, look) {
  const { rows, columns, layers, heads } = model.maps[kind];
  const [high, wide] = [Math.min(rows, MOST_PIXELS), Math.min(columns, MOST_PIXELS)];
  const image = document.createElement("canvas");
  image.width = Math.max(1, wide * (heads + 1));
  image.height = Math.max(1, high * (layers + 1));
  const ctx = image.getContext("2d");
  const picture = ctx.createImageData(image.width, image.height);
  const pixels = new Uint32Array(picture.data.buffer);
  const pixelOfRow = Int32Array.from({ length: rows }, (_, row) => Math.floor((row * high) / rows));
  const pixelOfColumn = Int32Array.from({ length: columns }, (_, column) => Math.floor((column * wide) / columns));
  const pixelOf = weightPixels(look);
  const whole = high === rows && wide === columns;
  const largest = whole ? null : new Float32Array(high * wide);
  for (let layer = 0; layer <= layers; layer += 1) {
    for (let head = 0; head <= heads; head += 1) {
      const values = mapOf(model.maps, { kind, layer: layer === layers ? AVERAGE : layer, head: head === heads ? AVERAGE : head });
      if (!whole) gatherLargest(largest, values, pixelOfRow, pixelOfColumn, wide);
      const shown = largest ?? values;
      for (let y = 0, pixel = 0; y < high; y += 1) {
        const start = (layer * high + y) * image.width + head * wide;
        for (let x = 0; x < wide; x += 1, pixel += 1) pixels[start + x] = pixelOf[(shown[pixel] * PIXEL_STEPS) | 0];
      }
    }
  }
  if (kind === "decoder") veilMasked(pixels, image, model.units, pixelOfRow, pixelOfColumn, high, wide, look);
  ctx.putImageData(picture, 0, 0);
  return { image, rows: high, columns: wide, layers, heads };
}

function gatherLargest(largest, values, pixelOfRow, pixelOfColumn, wide) {
  const columns = pixelOfColumn.length;
  largest.fill(0);
  for (let row = 0, cell = 0; row < pixelOfRow.length; row += 1) {
    const start = pixelOfRow[row] * wide;
    for (let column = 0; column < columns; column += 1, cell += 1) {
      const pixel = start + pixelOfColumn[column];
      if (values[cell] > largest[pixel]) largest[pixel] = values[cell];
    }
  }
}

/** Pixels for weights in steps of 1/PIXEL_STEPS: a table is faster than a square root for each of 300,000 cells. */
function weightPixels(look) {
  return Uint32Array.from({ length: PIXEL_STEPS + 2 }, (_, step) => look.colours.weightPixels[stepOf(Math.min(1, (step + 0.5) / PIXEL_STEPS), look.scale)]);
}

/** Masked cells get a fine pattern instead of the colour of zero. */
function veilMasked(pixels, image, units, pixelOfRow, pixelOfColumn, high, wide, look) {
  const ramp = look.colours.weightPixels;
  const [empty, veil] = [ramp[0], ramp[VEIL_STEP]];
  units.target.forEach((rowUnit, row) => {
    if (pixelOfRow[row + 1] === pixelOfRow[row]) return; // the last row of a pixel sees most
    units.input.forEach((columnUnit, column) => {
      if (!isMasked("decoder", rowUnit, columnUnit) || pixelOfColumn[column - 1] === pixelOfColumn[column]) return;
      const [top, left] = [pixelOfRow[row], pixelOfColumn[column]];
      const colour = (top + left) % 2 ? empty : veil;
      for (let y = top; y < image.height; y += high) for (let x = left; x < image.width; x += wide) pixels[y * image.width + x] = colour;
    });
  });
}

function drawBlockLabels(ctx, geometry, block, look) {
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  const name = say(look.words, `kind_${block.kind}`);
  ctx.font = look.font(look.size, true);
  ctx.fillStyle = look.colours.text;
  ctx.fillText(name, block.x, block.y + geometry.heading / 2);
  ctx.font = look.font(look.small);
  ctx.fillStyle = look.colours.muted;
  const axes = block.x + textWidth(ctx, name, look.font(look.size, true)) + 12;
  ctx.font = look.font(look.small);
  ctx.fillText(say(look.words, "overview_axes"), axes, block.y + geometry.heading / 2);
  ctx.textAlign = "center";
  const average = fitted(ctx, "∅", look.font(look.small), geometry.tile + GAP);
  for (let head = 0; head < block.heads; head += 1) {
    const isAverage = head === block.heads - 1;
    ctx.font = look.font(look.small, !isAverage);
    ctx.fillStyle = isAverage ? look.colours.muted : look.colours.head(head);
    ctx.fillText(isAverage ? average : head + 1, block.left + head * geometry.step + geometry.tile / 2, block.top - look.small * 0.7);
  }
  ctx.textAlign = "right";
  ctx.font = look.font(look.small);
  ctx.fillStyle = look.colours.muted;
  for (let layer = 0; layer < block.layers; layer += 1) {
    ctx.fillText(layer === block.layers - 1 ? average : layer + 1, block.left - 5, block.top + layer * geometry.down + geometry.tall / 2);
  }
}

/** The base with what changes often: the open head, those in the tray, the one under the hand, pinned words in all maps. */
export function drawOverview(ctx, base, model, geometry, look, state, scenes) {
  ctx.drawImage(base, 0, 0, geometry.width, geometry.height);
  for (const ref of tiles(geometry)) drawPins(ctx, geometry, ref, scenes[ref.kind], look);
  const frame = (ref, colour, line) => {
    const { x, y } = tilePlace(geometry, ref);
    ctx.strokeStyle = colour;
    ctx.lineWidth = line;
    ctx.strokeRect(x - 1.5, y - 1.5, geometry.tile + 3, geometry.tall + 3);
  };
  if (state.hover.head) frame(state.hover.head, look.colours.muted, 2);
  frame(state, look.colours.text, 3);
  if (state.mode === "links") for (const head of state.others) frame({ ...state, head }, look.colours.head(head), 2);
  state.tray.forEach((ref) => drawTrayMark(ctx, geometry, ref, look));
}

/** Thin lines through the rows and columns of pinned words, of lit ones too. */
function drawPins(ctx, geometry, ref, scene, look) {
  const { x, y } = tilePlace(geometry, ref);
  const lines = [
    [scene.pinnedRows, scene.rows, false, 1], [scene.litRows, scene.rows, false, 0.6],
    [scene.pinnedColumns, scene.columns, true, 1], [scene.litColumns, scene.columns, true, 0.6],
  ];
  for (const [chosen, units, upright, alpha] of lines) {
    const size = (upright ? geometry.tile : geometry.tall) / units.length;
    for (const index of chosen) {
      ctx.globalAlpha = alpha * (size > 2 ? 0.45 : 0.8);
      ctx.fillStyle = look.colours[units[index].side];
      if (upright) ctx.fillRect(x + index * size, y, Math.max(1, size), geometry.tall);
      else ctx.fillRect(x, y + index * size, geometry.tile, Math.max(1, size));
    }
  }
  ctx.globalAlpha = 1;
}

function drawTrayMark(ctx, geometry, ref, look) {
  const { x, y } = tilePlace(geometry, ref);
  ctx.fillStyle = look.colours.text;
  ctx.beginPath();
  ctx.moveTo(x + geometry.tile - 10, y);
  ctx.lineTo(x + geometry.tile, y);
  ctx.lineTo(x + geometry.tile, y + 10);
  ctx.fill();
}

/** What a screen reader says of the overview. */
export function overviewLabel(words, state) {
  const inTray = state.tray.some((ref) => sameHead(ref, state));
  return say(words, inTray ? "overview_label_pinned" : "overview_label", { name: headName(words, state) });
}
