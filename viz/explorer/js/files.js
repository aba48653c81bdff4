/** Saving: the view as PNG and SVG, the numbers as CSV and NPZ, the whole explorer as one HTML file. */

import { el } from "./dom.js";
import { AVERAGE } from "./maps.js";
import { base64OfBytes, KINDS } from "./payload.js";
import { npyOfFloats, npyOfTexts, npzOf } from "./npz.js";
import { prepareCanvas, textWidth } from "./pen.js";
import { headName, say, sumsNote } from "./say.js";
import { drawScale, scaleHeight } from "./scale.js";
import { SvgContext, escapeXml } from "./svg.js";

const MARGIN = 24;
const PNG_RATIO = 2;
const DECIMALS = 5; // as many as the payload holds

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
  const remarks = [state.mode === "matrix" ? sumsNote(words, store.scene) : "", say(words, "origin", { checkpoint: data.checkpoint, decoding: data.decoding })].filter(Boolean);
  const line = look.size * 1.6;
  const top = MARGIN + line * (1 + lines.length) + 8;
  const widest = Math.max(width, 480, ...lines.map((text) => textWidth(ctx, text, look.font(look.size))));
  const total = { width: Math.ceil(widest + 2 * MARGIN), height: Math.ceil(top + height + 10 + scaleHeight(look) + line * remarks.length + MARGIN) };
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
    drawScale(pen, look, MARGIN, top + height + 10);
    pen.font = look.font(look.small);
    pen.textAlign = "left";
    pen.fillStyle = look.colours.muted;
    remarks.forEach((text, index) => pen.fillText(text, MARGIN, top + height + 10 + scaleHeight(look) + line * (index + 0.7)));
  };
  return { ...total, paint };
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

/** The open map: lines that say what it is, and a row for each weight, as map_csv of viz/measures/tables.py writes it. */
export function csvOf({ data, scene, state }) {
  const { kind, layer, head } = scene.ref;
  const index = (value) => (value === AVERAGE ? "mean over all" : value);
  const remarks = {
    sentence: data.sourceText, translation: data.targetText, checkpoint: data.checkpoint, decoding: data.decoding,
    counting: "layers, heads, queries and keys count from zero",
    attention: kind, layer: index(layer), head: index(head), unit: state.grouping === "words" ? "word" : "token",
    precision: "weights were kept as multiples of 1/65535",
  };
  const rows = scene.rows.flatMap((row, query) => {
    const read = scene.before(row);
    const texts = read ? [quoted(read.sign), quoted(row.sign)] : [quoted(row.sign)];
    return scene.columns.flatMap((column, key) => {
      const weight = Number(scene.values[query * scene.columns.length + key].toFixed(DECIMALS));
      return scene.masked(query, key) ? [] : [[row.index, ...texts, column.index, quoted(column.sign), weight]];
    });
  });
  const names = ["query", "input", ...(kind === "encoder" ? [] : ["predicted"]), "key", "key_text", "weight"];
  const lines = Object.entries(remarks).map(([name, value]) => `# ${name}: ${String(value).trim().replace(/\s+/g, " ")}`);
  // The mark at the beginning tells spreadsheets that this is UTF-8, so that Hangul survives.
  return `\ufeff${[...lines, names.map(quoted).join(","), ...rows.map((row) => row.join(","))].join("\n")}\n`;
}

function quoted(text) {
  return `"${text.replace(/"/g, '""')}"`;
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
    settings: scriptSafe(JSON.stringify({ ...settings, view, presenter: false })),
    payload: base64OfBytes(data.bytes),
  };
  return assets.template.replace(/%(\w+)%/g, (_, name) => values[name]);
}

function scriptSafe(text) {
  return text.replace(/</g, "\\u003c");
}

/** Layers and heads count from zero, as in the file. */
function fileName({ state, data }, ending) {
  const index = (value) => (value === AVERAGE ? "mean" : value);
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
