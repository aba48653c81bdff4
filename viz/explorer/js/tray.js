/** The compare tray: up to four heads in one scale, the difference of two, and how far apart these are. */

import { el, setHidden, setText, whenChanged } from "./dom.js";
import { drawCellsAlone, drawMatrix, layoutMatrix } from "./matrix.js";
import { jensenShannonDistance } from "./numbers.js";
import { prepareCanvas } from "./pen.js";
import { headName, say, shortName, threePlaces } from "./say.js";
import { differenceScene, sceneOf } from "./scene.js";
import { openHead, setPair, toggleTray, validPair } from "./state.js";
import { AVERAGE } from "./maps.js";

export function trayPart(store, { watch }) {
  const { words, dispatch } = store;
  const cards = el("div.cards");
  const element = el("aside.tray", { "aria-label": say(words, "tray") }, el("h3", {}, say(words, "tray")), cards);
  const distances = new Map();
  let shown = [];
  let built = "";

  const build = () => {
    const { tray } = store.state;
    shown = tray.map((ref) => mapCard(store, ref, watch));
    cards.replaceChildren(...shown.map((card) => card.element));
    const pairs = pairsOf(tray);
    if (!pairs.length) return;
    const difference = differenceCard(store, pairs, (pair) => dispatch((state) => setPair(state, pair)), watch);
    shown.push(difference);
    cards.append(difference.element);
  };
  return {
    element,
    render() {
      const { state, look } = store;
      setHidden(element, !state.tray.length);
      const key = JSON.stringify(state.tray);
      if (key !== built || !shown.every((card) => card.look === look)) {
        built = key;
        build();
      }
      for (const card of shown) card.draw(distances);
    },
  };
}

function pairsOf(tray) {
  const pairs = [];
  tray.forEach((a, first) => tray.forEach((b, second) => second > first && a.kind === b.kind && pairs.push([first, second])));
  return pairs;
}

function mapCard(store, ref, watch) {
  const { words, dispatch, look } = store;
  const canvas = el("canvas", { role: "img", "aria-label": headName(words, ref) });
  const weight = el("output");
  const open = el("button.name", { type: "button", title: headName(words, ref), onclick: () => dispatch((state) => openHead(state, ref)) }, shortName(words, ref));
  open.style.setProperty("--chip", look.colours.head(ref.head));
  const close = el("button.close", { type: "button", "aria-label": say(words, "unpin_name", { name: headName(words, ref) }), onclick: () => dispatch((state) => toggleTray(state, ref)) }, "✕");
  const element = el("figure", { "data-head": `${ref.kind}.${ref.layer}.${ref.head}` }, el("figcaption", {}, open, weight, close), canvas);
  const draw = drawer(store, canvas, (state) => sceneOf(store.model, state, ref), (scene) => setText(weight, cellText(scene)), watch, { ref, minus: null });
  return { element, look, draw };
}

function differenceCard(store, pairs, choose, watch) {
  const { words, look } = store;
  const canvas = el("canvas", { role: "img", "aria-label": say(words, "difference") });
  const select = el("select", { "aria-label": say(words, "difference"), onchange: () => choose(select.value.split("-").map(Number)) });
  const tray = store.state.tray;
  for (const [a, b] of pairs.flatMap(([a, b]) => [[a, b], [b, a]])) {
    select.append(el("option", { value: `${a}-${b}` }, `${shortName(words, tray[a])} − ${shortName(words, tray[b])}`));
  }
  const weight = el("output");
  const distance = el("p.distance");
  const element = el("figure.difference", {}, el("figcaption", {}, select, weight), canvas, distance);
  const chosen = () => validPair(store.state.tray, store.state.pair).map((place) => store.state.tray[place]);
  const place = { get ref() { return chosen()[0]; }, get minus() { return chosen()[1]; } };
  const draw = drawer(store, canvas, (state) => differenceScene(store.model, state, ...chosen()), (scene) => setText(weight, cellText(scene, true)), watch, place);
  return {
    element, look,
    draw(distances) {
      const pair = validPair(store.state.tray, store.state.pair);
      select.value = pair.join("-");
      setText(distance, say(words, "distance_of_two", { distance: distanceOf(store.data, distances, ...chosen()).toFixed(3) }));
      draw();
    },
  };
}

/** Draws a small map and hears the hand on it. Its cells are kept as a picture while only marks change. */
function drawer(store, canvas, sceneFor, onScene, watch, place) {
  const cells = document.createElement("canvas");
  let [scene, geometry] = [null, null];
  const drawCells = whenChanged((look) => {
    const ctx = prepareCanvas(cells, geometry.contentWidth, geometry.contentHeight, look.colours.background);
    drawCellsAlone(ctx, scene, geometry, look, { x: 0, y: 0, width: geometry.contentWidth, height: geometry.contentHeight });
  });
  watch(canvas, () => ({ scene, geometry, ref: place.ref, minus: place.minus }));
  return () => {
    const { state, look, room, model } = store;
    scene = sceneFor(state);
    const width = room.trayWidth;
    geometry = layoutMatrix(null, scene, look, width, Math.min(width, 240), { bare: true });
    drawCells([model, look, width, state.threshold, place.ref, place.minus], look);
    const ctx = prepareCanvas(canvas, width, geometry.contentHeight, look.colours.background);
    drawMatrix(ctx, scene, geometry, look, { x: 0, y: 0, width, height: geometry.contentHeight }, cells);
    onScene(scene);
  };
}

function cellText(scene, signed = false) {
  if (!scene.cell) return "";
  const { row, column } = scene.cell;
  if (scene.masked(row, column)) return "–";
  const value = scene.values[row * scene.columns.length + column];
  return signed && value >= 0 ? `+${threePlaces(value)}` : threePlaces(value);
}

/** Between heads as they are: over tokens, special ones included, whatever is shown. */
function distanceOf(data, distances, a, b) {
  const key = JSON.stringify([a, b]);
  if (!distances.has(key)) {
    distances.set(key, jensenShannonDistance(tokenWeights(data, a), tokenWeights(data, b), data.shapes[a.kind][3]));
  }
  return distances.get(key);
}

/** Weights over tokens of a head or of an average, in any unit. */
export function tokenWeights(data, { kind, layer, head }) {
  const [layers, heads, queries, keys] = data.shapes[kind];
  const sum = new Float64Array(queries * keys);
  for (const one of layer === AVERAGE ? Array(layers).keys() : [layer]) {
    for (const other of head === AVERAGE ? Array(heads).keys() : [head]) {
      const start = (one * heads + other) * queries * keys;
      for (let cell = 0; cell < sum.length; cell += 1) sum[cell] += data.weights[kind][start + cell];
    }
  }
  return sum;
}
