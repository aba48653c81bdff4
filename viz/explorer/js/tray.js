/** The compare tray: up to four heads in one scale, the difference of two, and how far apart these are. */

import { el, setAttribute, setHidden, setText, whenChanged } from "./dom.js";
import { drawCellsAlone, drawMatrix, layoutMatrix } from "./matrix.js";
import { jensenShannonDistance } from "./numbers.js";
import { prepareCanvas } from "./pen.js";
import { headName, headNumber, say, shortName, signed, threePlaces } from "./say.js";
import { drawDifferenceScale, scaleHeight } from "./scale.js";
import { differenceScene, sceneOf } from "./scene.js";
import { openHead, setPair, toggleTray, validPair } from "./state.js";
import { AVERAGE } from "./maps.js";

const MOST_HEIGHT = 240; // of a map without labels
const MOST_TALL = 1.5; // of its width: a map with labels

export function trayPart(store, { watch }) {
  const { words, dispatch } = store;
  const cards = el("div.cards");
  const axes = el("p.axes", {}, say(words, "tray_axes"));
  const element = el("aside.tray", { "aria-label": say(words, "tray") }, el("h3", {}, say(words, "tray")), axes, cards);
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
      const bare = shown.map((card) => card.draw(distances));
      setHidden(axes, !bare.includes(true));
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
  const draw = drawer(store, canvas, (state) => sceneOf(store.model, state, ref), (scene) => setText(weight, cellText(scene, threePlaces)), watch, { ref, minus: null, wide: false });
  return { element, look, draw };
}

function differenceCard(store, pairs, choose, watch) {
  const { words, look } = store;
  const canvas = el("canvas", { role: "img" });
  const select = el("select", { "aria-label": say(words, "difference"), onchange: () => choose(select.value.split("-").map(Number)) });
  const tray = store.state.tray;
  for (const [a, b] of pairs.flatMap(([a, b]) => [[a, b], [b, a]])) {
    select.append(el("option", { value: `${a}-${b}` }, `${shortName(words, tray[a])} − ${headNumber(tray[b])}`));
  }
  const weight = el("output");
  const distance = el("p.distance");
  const legend = legendOf(store);
  const element = el("figure.difference", {}, el("figcaption", {}, select, weight), canvas, legend.element, distance);
  const chosen = () => validPair(store.state.tray, store.state.pair).map((place) => store.state.tray[place]);
  const place = { get ref() { return chosen()[0]; }, get minus() { return chosen()[1]; }, wide: true };
  const draw = drawer(store, canvas, (state) => differenceScene(store.model, state, ...chosen()), (scene) => setText(weight, cellText(scene, signed)), watch, place);
  return {
    element, look,
    draw(distances) {
      const pair = validPair(store.state.tray, store.state.pair);
      select.value = pair.join("-");
      setAttribute(canvas, "aria-label", `${say(words, "difference")}: ${chosen().map((ref) => headName(words, ref)).join(" − ")}`);
      legend.draw(...chosen());
      setText(distance, say(words, "distance_of_two", { distance: distanceOf(store.data, distances, ...chosen()).toFixed(3) }));
      return draw();
    },
  };
}

/** What the two colours of a difference mean: a bar from -1 to 1, and at its ends the head that looks more. */
function legendOf(store) {
  const { words, look } = store;
  const canvas = el("canvas", { role: "img", "aria-label": say(words, "scale_difference") });
  const [less, more] = [el("span"), el("span.more")];
  const drawBar = whenChanged((width) => drawDifferenceScale(prepareCanvas(canvas, width, scaleHeight(look), look.colours.background), look, 0, 0, width));
  return {
    element: el("div.legend", {}, canvas, less, more),
    draw(ref, minus) {
      const width = wideWidth(store.room);
      drawBar([width, devicePixelRatio], width);
      setText(less, `← ${say(words, "looks_more", { head: shortName(words, minus) })}`);
      setText(more, `${say(words, "looks_more", { head: shortName(words, ref) })} →`);
    },
  };
}

/**
 * Draws a small map and hears the hand on it; says whether it had to leave out the labels. Its cells are kept as a picture
 * while only marks change.
 */
function drawer(store, canvas, sceneFor, onScene, watch, place) {
  const cells = document.createElement("canvas");
  let [scene, geometry] = [null, null];
  const drawCells = whenChanged((look) => {
    const ctx = prepareCanvas(cells, view.width, view.height, look.colours.background);
    drawCellsAlone(ctx, scene, geometry, look, view);
  });
  const view = { x: 0, y: 0, width: 0, height: 0 };
  watch(canvas, () => ({ geometry, view, ref: place.ref, minus: place.minus }));
  return () => {
    const { state, look, room, model } = store;
    scene = { ...sceneFor(state), sums: null, means: null };
    const width = place.wide ? wideWidth(room) : room.trayWidth;
    geometry = layoutSmall(store.measure, scene, look, width);
    [view.width, view.height] = [width, geometry.contentHeight];
    drawCells([model, look, width, state.threshold, place.ref, place.minus], look);
    drawMatrix(prepareCanvas(canvas, width, view.height, look.colours.background), scene, geometry, look, view, cells);
    onScene(scene);
    return geometry.bare;
  };
}

/** On a phone, where the maps stand two by two, the difference has a line of its own. */
function wideWidth(room) {
  return room.strip ? room.width : room.trayWidth;
}

/** With labels where there is room for them. */
function layoutSmall(ctx, scene, look, width) {
  const labelled = layoutMatrix(ctx, scene, look, width, width);
  const fits = labelled.contentWidth <= width && labelled.contentHeight <= MOST_TALL * width;
  return fits ? labelled : layoutMatrix(ctx, scene, look, width, Math.min(width, MOST_HEIGHT), { bare: true });
}

function cellText(scene, textOf) {
  if (!scene.cell) return "";
  const { row, column } = scene.cell;
  if (scene.masked(row, column)) return "–";
  return textOf(scene.values[row * scene.columns.length + column]);
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
