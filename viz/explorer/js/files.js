/** Saving: the view as PNG and SVG, the numbers as CSV and NPZ, the whole explorer as one HTML file. */

import { stepOf } from "./colours.js";
import { el } from "./dom.js";
import { base64OfBytes, KINDS } from "./payload.js";
import { npyOfFloats, npyOfTexts, npzOf } from "./npz.js";
import { prepareCanvas } from "./pen.js";
import { headName, say } from "./say.js";
import { SvgContext, escapeXml } from "./svg.js";

const MARGIN = 24;
const PNG_RATIO = 2;

/** A button with a menu of formats. `draw`: {size(ctx) -> {width, height}, paint(ctx)} of the open view, whole. */
export function filesPart(store, picture, assets) {
  const { words } = store;
  const formats = {
    png: () => savePng(store, picture),
    svg: () => saveSvg(store, picture),
    csv: () => download(fileName(store, "csv"), csvOf(store), "text/csv"),
    npz: () => download(`attention-${store.data.checkpoint}.npz`, npzOfAll(store.data), "application/zip"),
    html: () => download(`attention-${store.data.checkpoint}.html`, htmlOf(store, assets), "text/html"),
  };
  const menu = el("details.menu", {}, el("summary", {}, say(words, "save")));
  const list = el("div.list", {}, ...Object.entries(formats).map(([format, save]) => el("button", { type: "button", "data-format": format, onclick: () => { menu.open = false; save(); } }, say(words, `save_${format}`))));
  menu.append(list);
  menu.addEventListener("keydown", (event) => event.key === "Escape" && menu.open && (event.stopPropagation(), (menu.open = false)));
  return { element: menu };
}

/** The picture with its title, sentence, scale and origin: {width, height, paint(ctx)}. */
function page(store, picture, ctx) {
  const { look, data, words, state } = store;
  const { width, height } = picture.size(ctx);
  const lines = [data.sourceText, `→ ${data.targetText}`];
  const line = look.size * 1.6;
  const top = MARGIN + line * (1 + lines.length) + 8;
  const total = { width: Math.ceil(Math.max(width, 480) + 2 * MARGIN), height: Math.ceil(top + height + line * 2.6 + MARGIN) };
  const paint = (pen) => {
    pen.fillStyle = look.colours.background;
    pen.fillRect(0, 0, total.width, total.height);
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillStyle = look.colours.text;
    pen.font = look.font(look.size * 1.2, true);
    pen.fillText(state.mode === "chain" ? say(words, "mode_chain") : headName(words, state), MARGIN, MARGIN + line / 2);
    pen.font = look.font(look.size);
    lines.forEach((text, index) => {
      pen.fillStyle = index ? look.colours.target : look.colours.source;
      pen.fillText(text, MARGIN, MARGIN + line * (1.6 + index));
    });
    pen.save();
    pen.translate(MARGIN, top);
    picture.paint(pen);
    pen.restore();
    drawScale(pen, look, MARGIN, top + height + 10, words);
    pen.font = look.font(look.small);
    pen.textAlign = "left";
    pen.fillStyle = look.colours.muted;
    pen.fillText(say(words, "origin", { checkpoint: data.checkpoint, decoding: data.decoding }), MARGIN, total.height - MARGIN / 2 - look.small / 2);
  };
  return { ...total, paint };
}

/** The scale of weights: a bar with its ends, and what it is. */
export function drawScale(ctx, look, x, y, words, width = 180) {
  const tall = Math.round(look.small * 0.9);
  for (let step = 0; step < 60; step += 1) {
    ctx.fillStyle = look.colours.weight[stepOf((step + 0.5) / 60, look.scale)];
    ctx.fillRect(x + (step * width) / 60, y, width / 60 + 0.5, tall);
  }
  ctx.strokeStyle = look.colours.muted;
  ctx.lineWidth = 1;
  ctx.strokeRect(x + 0.5, y + 0.5, width - 1, tall - 1);
  ctx.font = look.font(look.small);
  ctx.fillStyle = look.colours.text;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.fillText("0", x, y + tall + look.small * 0.8);
  ctx.textAlign = "right";
  ctx.fillText("1", x + width, y + tall + look.small * 0.8);
  ctx.textAlign = "left";
  ctx.fillText(say(words, look.scale === "linear" ? "scale_linear" : "scale_root"), x + width + 12, y + tall / 2);
}

function savePng(store, picture) {
  const canvas = document.createElement("canvas");
  const measure = canvas.getContext("2d", { alpha: false });
  const sheet = page(store, picture, measure);
  const ctx = prepareCanvas(canvas, sheet.width, sheet.height, store.look.colours.background, PNG_RATIO);
  sheet.paint(ctx);
  canvas.toBlob((blob) => downloadBlob(fileName(store, "png"), blob), "image/png");
}

function saveSvg(store, picture) {
  const ctx = new SvgContext();
  const sheet = page(store, picture, ctx);
  sheet.paint(ctx);
  download(fileName(store, "svg"), ctx.toString(sheet.width, sheet.height, `${store.data.sourceText} → ${store.data.targetText}`), "image/svg+xml");
}

/** The open map as it is shown; a comment says what it is. */
export function csvOf({ data, scene, state }) {
  const { kind, layer, head } = scene.ref;
  const name = (row) => (scene.before(row) ? `${scene.before(row).text} → ${row.text}` : row.text);
  const remarks = [
    `sentence: ${data.sourceText}`, `translation: ${data.targetText}`,
    `kind: ${kind}; layer: ${layer}; head: ${head} (counted from zero; -1 is the average)`,
    `rows: ${kind === "encoder" ? "query" : "input → predicted"}; columns: key; unit: ${state.grouping}; masked cells are empty`,
    `checkpoint: ${data.checkpoint}; decoding: ${data.decoding}`,
  ];
  const cells = scene.rows.map((row, index) => [name(row), ...scene.columns.map((_, column) => (scene.masked(index, column) ? "" : scene.values[index * scene.columns.length + column].toFixed(5)))]);
  const rows = [["", ...scene.columns.map((column) => column.text)], ...cells];
  // The mark at the beginning tells spreadsheets that this is UTF-8, so that Hangul survives.
  return `\ufeff${remarks.map((text) => `# ${text.replace(/\s+/g, " ")}`).join("\r\n")}\r\n${rows.map((row) => row.map(csvField).join(",")).join("\r\n")}\r\n`;
}

/** A field in quotes where it needs them. A text that a spreadsheet would take for a formula gets an apostrophe. */
function csvField(text) {
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** All weights over tokens, with the tokens and where they come from. */
export function npzOfAll(data) {
  const about = JSON.stringify({ sentence: data.sourceText, translation: data.targetText, checkpoint: data.checkpoint, decoding: data.decoding, axes: "layer, head, query, key; all counted from zero; row t of decoder and cross reads decoder_input[t] and predicts target[t]", precision: "weights are multiples of 1/65535" });
  const arrays = KINDS.map((kind) => ({ name: kind, bytes: npyOfFloats(Float32Array.from(data.weights[kind], (value) => value / 65535), data.shapes[kind]) }));
  const pieces = [["source", data.source], ["decoder_input", data.input], ["target", data.target]];
  return npzOf([...arrays, ...pieces.map(([name, tokens]) => ({ name, bytes: npyOfTexts(tokens.map((token) => token[6])) })), { name: "about", bytes: npyOfTexts([about], []) }]);
}

/** This very program with its data and the present view, as one page. */
function htmlOf({ data, settings, state }, assets) {
  const view = { ...state, hover: undefined, playing: undefined };
  const values = {
    language: settings.language,
    title: escapeXml(data.sourceText),
    program: `${explorerProgramOf.toString()}\nconst explorerAssets = ${scriptSafe(JSON.stringify(assets))};\nconst explorerProgram = explorerProgramOf(explorerAssets);\n`,
    settings: scriptSafe(JSON.stringify({ ...settings, view, report: false })),
    payload: base64OfBytes(data.bytes),
  };
  return assets.template.replace(/%(\w+)%/g, (_, name) => values[name]);
}

function scriptSafe(text) {
  return text.replace(/</g, "\\u003c");
}

function fileName({ state, data }, ending) {
  const index = (value) => (value < 0 ? "average" : value + 1);
  return `attention-${state.kind}-layer-${index(state.layer)}-head-${index(state.head)}-${data.checkpoint}.${ending}`;
}

function download(name, content, type) {
  downloadBlob(name, new Blob([content], { type }));
}

function downloadBlob(name, blob) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
