/** Puts the parts together: one store, one loop that draws what has changed, and the two ways to begin. */

import { addressOf, addressWriter, isAddressOf, pinsText, takeLoadedHash, viewOfAddress } from "./address.js";
import { cardPart } from "./card.js";
import { coloursFor, themeOf } from "./colours.js";
import { el, setAttribute, setText, whenChanged } from "./dom.js";
import { filesPart } from "./files.js";
import { filterPart, passesFilter } from "./filter.js";
import { hearKeys } from "./keys.js";
import { mainPart } from "./mainview.js";
import { buildMaps } from "./maps.js";
import { overviewPart } from "./overviewpart.js";
import { bytesOfBase64, KINDS, parsePayload } from "./payload.js";
import { forgetWidths, lookOf, prepareCanvas } from "./pen.js";
import { playerPart } from "./player.js";
import { hearDrawing, hoverOfHit, pinHit } from "./pointer.js";
import { headName, say, sumsNote, unitName } from "./say.js";
import { drawScale, scaleSize } from "./scale.js";
import { isPinned, marksOf, sceneOf } from "./scene.js";
import { sentencesPart } from "./sentences.js";
import { initialState, isAt, refOf, setHover, withView, NOTHING_HOVERED } from "./state.js";
import { tablePart } from "./table.js";
import { headPart, viewPart } from "./toolbar.js";
import { trayPart } from "./tray.js";
import { matrixHit } from "./matrix.js";
import { unitsOf } from "./units.js";

const STRIP_BELOW = 760; // narrower than this the main view comes first and the overview is a strip
const WIDE_FROM = 1100;
const GAP = 16;
const PRESENTER_ROOM = 72; // for the scale under the main view
const FAMILY = '"Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", system-ui, sans-serif';

/** Shows data in a host element; `setData` and `setSettings` change them, `close` ends it. */
export function openExplorer(host, bytes, settings, assets) {
  performance.mark("explorer-data"); // the benchmark measures the first paint from here
  const store = createStore(parsePayload(bytes), settings, assets);
  host.append(store.style, store.root);
  let returning = ""; // where Back led, until the reader goes on: its sentence comes later
  const showAddress = (hash) => {
    const view = viewOfAddress(hash, store.data);
    if (!view) return;
    store.apply((state) => ({ ...withView(state, view, store.data), hover: NOTHING_HOVERED }));
    // Streamlit may drop what stands after # there too. That of another sentence is left until its data come.
    if (isAddressOf(hash, store.data)) writer.replace(addressOf(store.state, store.data));
  };
  const writer = addressWriter((hash) => {
    returning = hash;
    showAddress(hash);
  });
  store.onChange = (before, after) => {
    const text = addressOf(after, store.data);
    if (text === addressOf(before, store.data)) return;
    returning = "";
    if (pinsText(before) !== pinsText(after)) writer.push(text);
    else writer.replace(text);
  };
  let opening = null; // where the page led; a reader who is still there is led on with the next sentence
  const begin = () => {
    const loaded = takeLoadedHash();
    const view = viewOfAddress(location.hash || loaded, store.data);
    if (!view) opening = store.settings.view;
    store.state = withView(store.state, view ?? opening, store.data);
    writer.replace(addressOf(store.state, store.data));
    writer.flush();
  };
  const leadOn = (change) => {
    const stays = isAt(store.state, opening);
    change();
    if (!stays) return;
    opening = store.settings.view;
    if (!opening) return;
    const { kind, layer, head, pins } = opening; // what else the reader has chosen stays
    store.apply((state) => withView(state, { kind, layer, head, pins }, store.data));
  };
  const resized = new ResizeObserver(() => {
    const width = store.root.clientWidth;
    if (width === store.rootWidth) return;
    store.rootWidth = width;
    store.redraw();
  });
  const windowResized = () => store.redraw();
  // What was under the hand is there no more, and a finger will not say so by moving.
  const pageScrolled = ({ target }) => {
    if (!store.root.contains(target) && store.state.hover !== NOTHING_HOVERED) store.dispatch((state) => setHover(state, NOTHING_HOVERED));
  };
  const fontsCame = () => {
    forgetWidths();
    store.build();
  };
  begin();
  store.build();
  resized.observe(store.root);
  addEventListener("resize", windowResized);
  addEventListener("scroll", pageScrolled, { capture: true, passive: true });
  document.fonts?.addEventListener?.("loadingdone", fontsCame);
  return {
    store,
    setSettings(next) {
      const before = store.settings;
      leadOn(() => (store.settings = next));
      // A new parameter in the address, but no new sentence.
      if (next.language !== before.language || next.presenter !== before.presenter) writer.replace(addressOf(store.state, store.data));
      store.build();
    },
    setData(next) {
      const left = addressOf(store.state, store.data);
      leadOn(() => store.setData(parsePayload(next)));
      if (isAddressOf(returning, store.data)) showAddress(returning);
      else writer.turn(left, addressOf(store.state, store.data));
      returning = "";
    },
    /** Streamlit may have rewritten the address without the part after #. */
    keepAddress() {
      if (!location.hash) writer.replace(addressOf(store.state, store.data));
    },
    close() {
      writer.close();
      resized.disconnect();
      removeEventListener("resize", windowResized);
      removeEventListener("scroll", pageScrolled, { capture: true });
      document.fonts?.removeEventListener?.("loadingdone", fontsCame);
      store.close();
    },
  };
}

/** Everything that lives: data, state, look, and the elements that show them. */
function createStore(data, settings, assets) {
  const root = el("section.explorer");
  const models = new Map();
  let frame = 0;
  let parts = null;
  const store = {
    data, settings, root,
    style: el("style", {}, assets.css),
    state: initialState(data),
    above: 0, // height of what stands above the main view; measured in presenter mode alone
    measure: document.createElement("canvas").getContext("2d"),
    pointer: null,
    onChange: () => {},
    get words() { return store.settings.words; },
    /** Changes the state by a pure function and writes the address. */
    dispatch(change) {
      const before = store.state;
      store.apply(change);
      if (store.state !== before) store.onChange(before, store.state);
    },
    apply(change) {
      const next = change(store.state);
      if (next === store.state) return;
      store.state = next;
      store.redraw();
    },
    redraw() {
      if (!frame) frame = requestAnimationFrame(() => ((frame = 0), render()));
    },
    setData(next) {
      const { kind, layer, head, mode, grouping, special, scale, threshold, filter } = store.state;
      store.data = next;
      models.clear();
      const start = initialState(next);
      store.state = { ...withView(start, { kind, layer, head, mode, grouping, special, scale, threshold }, next), filter: { ...filter } };
      store.build();
    },
    /** Makes all elements anew, as for another language or theme. */
    build() {
      parts?.close();
      store.theme = themeOf(store.settings.theme, root);
      store.look = null;
      store.rootWidth = root.clientWidth; // asked before the elements are there, which need no layout before they are drawn
      parts = buildParts(store, assets);
      render();
    },
    close() {
      cancelAnimationFrame(frame);
      parts?.close();
      endKeys();
      root.remove();
      store.style.remove();
    },
  };

  function render() {
    store.model = modelOf(store, models);
    store.look = lookFor(store);
    store.scene = sceneOf(store.model, store.state);
    store.marks = Object.fromEntries(KINDS.map((kind) => [kind, marksOf(store.model, store.state, kind)]));
    store.room = roomOf(store);
    parts.render(store.scene);
    if (store.settings.presenter) fitScreen();
  }

  /** The main view ends with the screen, however many lines the sentences take. */
  function fitScreen() {
    const above = store.main.element.getBoundingClientRect().top - root.getBoundingClientRect().top;
    if (above === store.above) return;
    store.above = above;
    store.redraw();
  }
  root.explorer = store;
  const endKeys = hearKeys(store, root);
  return store;
}

/** Units and maps of the present grouping, kept for both groupings. */
function modelOf({ data, state }, models) {
  const key = `${state.grouping} ${state.special}`;
  if (!models.has(key)) {
    const units = unitsOf(data, state.grouping, state.special);
    models.set(key, { data, units, maps: buildMaps(data, units) });
  }
  return models.get(key);
}

function lookFor({ look, settings, state, theme }) {
  if (look && look.scale === state.scale) return look;
  const colours = look?.colours ?? coloursFor(settings.colours[theme]);
  return lookOf(colours, settings.words, state.scale, { presenter: settings.presenter, family: FAMILY });
}

/** How much room each part has, in CSS pixels. */
function roomOf({ rootWidth, above, state, settings: { presenter }, scrollbar }) {
  const width = Math.floor(rootWidth) || 320;
  const strip = width < STRIP_BELOW;
  const overviewWidth = strip ? width : width < WIDE_FROM ? 250 : 336;
  const trayWidth = strip ? Math.floor((width - 12) / 2) : width < WIDE_FROM ? 180 : 230;
  const beside = presenter ? 0 : overviewWidth + GAP + (state.tray.length ? trayWidth + GAP : 0);
  const tall = presenter ? innerHeight - above - PRESENTER_ROOM : innerHeight * (strip ? 0.62 : 0.8);
  return {
    width, strip, overviewWidth, trayWidth,
    overviewHeight: Math.max(560, innerHeight - 110),
    mainWidth: strip ? width : width - beside,
    mainHeight: Math.round(Math.max(320, Math.min(presenter ? 2000 : strip ? 560 : 860, tall))),
    scrollbar,
  };
}

function buildParts(store, assets) {
  const { root, words, settings } = store;
  store.look = lookFor(store);
  setColours(root, store);
  const live = el("div.live", { "aria-live": "polite" });
  store.main = mainPart(store);
  const sentences = sentencesPart(store);
  const head = headPart(store);
  const view = viewPart(store);
  const overview = overviewPart(store);
  store.overview = overview;
  const tray = trayPart(store, { watch: (canvas, find) => watchSmallMap(store, canvas, find) });
  const player = playerPart(store);
  const table = tablePart(store);
  const card = cardPart(store);
  const filter = filterPart(store);
  const note = el("p.note");
  const scale = el("canvas.scale", { role: "img", "aria-label": say(words, "scale") });
  const files = filesPart(store, store.main.picture, assets);
  const middle = el("div.middle", {}, head.element, head.about, view.element, store.main.element, note, el("div.row.under", {}, scale, table.button, files.element), player.element);
  const side = el("nav.side-maps", { "aria-label": say(words, "overview") }, overview.element, filter.element);
  const body = el("div.body", {}, side, middle, tray.element);
  root.className = `explorer ${store.theme}${settings.presenter ? " presenter" : ""}`;
  root.lang = settings.language;
  setAttribute(root, "aria-label", say(words, "title"));
  // Before there is anything in it that the browser would have to lay out for the answer.
  store.scrollbar ??= scrollbarWidth(root);
  root.replaceChildren(sentences.element, body, table.element, el("p.keys", {}, say(words, "keys")), live, card.element);
  const announce = announcer(store, live);
  const drawTheScale = whenChanged(() => {
    const { width, height } = scaleSize(store.measure, store.look);
    drawScale(prepareCanvas(scale, width, height, store.look.colours.background), store.look, 0, 0);
  });
  return {
    render(scene) {
      const { room, state } = store;
      root.classList.toggle("strip", room.strip);
      const columns = room.strip || settings.presenter ? "" : `${room.overviewWidth}px minmax(0, 1fr)${state.tray.length ? ` ${room.trayWidth}px` : ""}`;
      if (body.style.gridTemplateColumns !== columns) body.style.gridTemplateColumns = columns;
      sentences.render(scene);
      head.render();
      view.render();
      store.main.render(scene);
      setText(note, state.mode === "matrix" ? sumsNote(words, scene) : "");
      drawTheScale([store.look]);
      if (!settings.presenter) overview.render((ref) => passesFilter(store.data, state.filter, ref));
      if (!settings.presenter) tray.render();
      player.render();
      filter.render();
      table.render(scene);
      card.render(scene);
      announce(scene);
    },
    close: () => player.close(),
  };
}

/** Hover and pins on a small map of the tray. */
function watchSmallMap(store, canvas, find) {
  hearDrawing(store, canvas, (x, y) => {
    const { geometry, view, ref, minus } = find();
    const hit = geometry && matrixHit(geometry, view, x, y);
    return hit && { hover: hoverOfHit(store.model, hit, refOf(ref), minus), pin: pinHit(store.model, hit, ref.kind) };
  });
}

/** Tells screen readers what has changed: the open head, the pinned words, the step. */
function announcer(store, live) {
  return whenChangedAnnounce((scene) => {
    const { words, state, model } = store;
    const pinned = [...model.units.source, ...model.units.target].filter((unit) => isPinned(unit, state.pins));
    const parts = [headName(words, state)];
    if (pinned.length) parts.push(say(words, "pinned_words", { words: pinned.map((unit) => unitName(words, unit)).join(", ") }));
    if (scene.play >= 0) parts.push(say(words, "step_place", { place: scene.play + 1, count: scene.rows.length, word: unitName(words, scene.rows[scene.play]) }));
    setText(live, parts.join(". "));
  }, store);
}

function whenChangedAnnounce(run, store) {
  const changed = whenChanged(run);
  return (scene) => changed([store.state.kind, store.state.layer, store.state.head, store.state.pins, store.state.step], scene);
}

function setColours(root, { look: { colours, size, small } }) {
  for (const name of ["background", "text", "muted", "grid", "source", "target"]) root.style.setProperty(`--${name}`, colours[name]);
  root.style.setProperty("--weight", colours.weight[255]);
  root.style.setProperty("--size", `${size}px`);
  root.style.setProperty("--small", `${small}px`);
  root.style.setProperty("--family", FAMILY);
}

function scrollbarWidth(root) {
  const box = el("div.main");
  box.style.cssText = "position:absolute;width:60px;height:60px;overflow:scroll;visibility:hidden";
  root.append(box);
  const width = box.offsetWidth - box.clientWidth;
  box.remove();
  return width;
}

const SETTINGS_CAME = "attention-explorer-settings";

/** The component for the bytes: `data` are the payload; the settings come by the second component (settings.js). */
export function componentOf(assets) {
  const opened = new WeakMap();
  return ({ data, parentElement }) => {
    const held = opened.get(parentElement) ?? openWhenReady(parentElement, assets);
    opened.set(parentElement, held);
    held.update(data);
    return () => {
      opened.delete(parentElement);
      held.close();
    };
  };
}

function openWhenReady(parentElement, assets) {
  let [explorer, bytes] = [null, null];
  const show = () => {
    const settings = globalThis.attentionExplorerSettings;
    if (!settings || !bytes) return;
    if (!explorer) explorer = openExplorer(parentElement, bytes, settings, assets);
    else if (explorer.store.settings !== settings || explorer.store.theme !== themeOf(settings.theme, explorer.store.root)) explorer.setSettings(settings);
  };
  addEventListener(SETTINGS_CAME, show);
  return {
    update(data) {
      const isNew = data instanceof Uint8Array && !(bytes && sameBytes(bytes, data));
      if (isNew) bytes = data;
      const first = !explorer;
      show();
      if (!first && isNew) explorer.setData(bytes);
      explorer?.keepAddress();
    },
    close() {
      removeEventListener(SETTINGS_CAME, show);
      explorer?.close();
    },
  };
}

function sameBytes(a, b) {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** The saved page: data and settings stand in it. */
export function standaloneOf(assets) {
  return (host) => {
    const settings = JSON.parse(document.getElementById("explorer-settings").textContent);
    const bytes = bytesOfBase64(document.getElementById("explorer-payload").textContent);
    const explorer = openExplorer(host, bytes, settings, assets);
    const paint = () => (document.body.style.background = explorer.store.look.colours.background);
    paint();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      explorer.store.build();
      paint();
    });
    return explorer;
  };
}
