/** The main drawing: one of the three views of the open head, in a frame that scrolls while the labels stay. */

import { chainHit, drawChain, layoutChain } from "./chain.js";
import { el, setAttribute, setStyle, whenChanged } from "./dom.js";
import { drawAllLines, drawLinks, layoutLinks, linksHit } from "./links.js";
import { drawCellsAlone, drawMatrix, layoutMatrix, matrixHit } from "./matrix.js";
import { prepareCanvas } from "./pen.js";
import { hearDrawing, hoverOfHit, pinHit } from "./pointer.js";
import { headName, say } from "./say.js";
import { chainOf, shownHeads } from "./scene.js";
import { NOTHING_HOVERED, refOf, togglePins } from "./state.js";

export function mainPart(store) {
  const canvas = el("canvas.map", { tabindex: 0, role: "img" });
  const sizer = el("div.sizer", {}, canvas);
  const element = el("div.main", {}, sizer);
  const view = { x: 0, y: 0, width: 0, height: 0 };
  // What the hand does not change, lines or cells, is kept as a picture.
  const kept = document.createElement("canvas");
  const keep = whenChanged(() => {
    // As large as the room, whatever the view needs of it: another size would take new memory at each change of view.
    const ctx = prepareCanvas(kept, store.room.mainWidth, store.room.mainHeight, store.look.colours.background);
    if (drawn.mode === "matrix") drawCellsAlone(ctx, drawn.scene, drawn.geometry, store.look, view);
    else drawAllLines(ctx, drawn.scene, drawn.geometry, store.look, view, drawn.heads);
  });
  let drawn = null;

  // Read here and nowhere else: asking while drawing would make the browser lay out the page in between.
  const scrolled = { x: 0, y: 0 };
  element.addEventListener("scroll", () => {
    [scrolled.x, scrolled.y] = [element.scrollLeft, element.scrollTop];
    store.redraw();
  });
  hearDrawing(store, canvas, (x, y) => drawn && found(store, drawn, view, x, y));
  return {
    element,
    canvas,
    render(scene) {
      drawn = drawnOf(store, scene);
      fit(store, element, sizer, drawn, view, scrolled);
      if (drawn.mode !== "chain") keep(keptBy(store, drawn, view));
      const ctx = prepareCanvas(canvas, view.width, view.height, store.look.colours.background);
      drawn.paint(ctx, view, drawn.mode === "chain" ? null : kept);
      setAttribute(canvas, "aria-label", labelOf(store));
    },
    /** The whole drawing without scrolling, for a file. */
    picture: {
      size(ctx) {
        const whole = drawnOf(store, store.scene).layout(ctx, Math.max(view.width, 640), Infinity);
        return { width: whole.contentWidth, height: whole.contentHeight };
      },
      paint(ctx) {
        const whole = drawnOf(store, store.scene);
        const { contentWidth: width, contentHeight: height } = whole.layout(ctx, Math.max(view.width, 640), Infinity);
        whole.paint(ctx, { x: 0, y: 0, width, height });
      },
    },
    /** Places of the present drawing. */
    geometry: () => drawn.geometry,
    /** Where a cell is on the screen, for the card of the keyboard. */
    pointOfCell({ row, column }) {
      const box = canvas.getBoundingClientRect();
      const { geometry } = drawn;
      if (!geometry.cellWidth) return { x: box.left + box.width / 2, y: box.top + 40 };
      scrollTo(element, geometry, view, row, column);
      return { x: box.left + geometry.left - element.scrollLeft + (column + 0.5) * geometry.cellWidth, y: box.top + geometry.top - element.scrollTop + (row + 1) * geometry.cellHeight };
    },
  };
}

/** Lays out within the room there is, and makes the frame scroll if that is not enough. */
function fit(store, element, sizer, drawn, view, scrolled) {
  const { mainWidth: width, mainHeight: height, scrollbar } = store.room;
  let geometry = drawn.layout(drawn.measure, width, height);
  const tooTall = geometry.contentHeight > height;
  if (tooTall) geometry = drawn.layout(drawn.measure, width - scrollbar, height);
  const tooWide = geometry.contentWidth > width - (tooTall ? scrollbar : 0);
  view.width = width - (tooTall ? scrollbar : 0);
  view.height = Math.min(height, geometry.contentHeight);
  setStyle(element, "height", `${view.height + (tooWide ? scrollbar : 0)}px`);
  setStyle(element, "overflow", tooTall || tooWide ? "auto" : "hidden");
  setStyle(sizer, "width", `${Math.max(geometry.contentWidth, view.width)}px`);
  setStyle(sizer, "height", `${geometry.contentHeight}px`);
  view.x = Math.min(scrolled.x, Math.max(0, geometry.contentWidth - view.width));
  view.y = Math.min(scrolled.y, Math.max(0, geometry.contentHeight - view.height));
}

/** The open view with its data: {layout, paint, geometry}. */
function drawnOf(store, scene) {
  const { state, look, model } = store;
  const drawn = { mode: state.mode, scene, geometry: null, measure: store.measure };
  const held = (geometry) => (drawn.geometry = geometry);
  if (state.mode === "matrix") {
    drawn.layout = (ctx, width, height) => held(layoutMatrix(ctx, scene, look, width, height));
    drawn.paint = (ctx, view, picture = null) => drawMatrix(ctx, scene, drawn.geometry, look, view, picture);
  } else if (state.mode === "links") {
    drawn.heads = shownHeads(model, state);
    drawn.layout = (ctx, width, height) => held(layoutLinks(ctx, scene, look, width, height, drawn.heads));
    drawn.paint = (ctx, view, picture = null) => drawLinks(ctx, scene, drawn.geometry, look, view, drawn.heads, picture);
  } else {
    drawn.chain = chainOf(model, state);
    drawn.layout = (ctx, width, height) => held(layoutChain(ctx, drawn.chain, look, width, height));
    drawn.paint = (ctx, view) => drawChain(ctx, drawn.chain, drawn.geometry, look, view, { last: state.last, pins: state.pins, places: state.hover.places });
  }
  return drawn;
}

/** What the picture of all lines or cells depends on. */
function keptBy({ model, state, look }, { mode, geometry }, view) {
  const { kind, layer, head, others, threshold, step } = state;
  const places = Object.values(geometry).filter((value) => typeof value === "number");
  return [model, look, mode, kind, layer, head, others, threshold, step, view.x, view.y, view.width, view.height, devicePixelRatio, ...places];
}

/** What is at a point: {hover, pin}, or null. */
function found(store, drawn, view, x, y) {
  const { model, state } = store;
  if (drawn.mode === "chain") return foundInChain(drawn, chainHit(drawn.geometry, view, x, y));
  const hit = drawn.mode === "matrix" ? matrixHit(drawn.geometry, view, x, y) : linksHit(drawn.scene, drawn.geometry, view, drawn.heads, x, y);
  return hit && { hover: hoverOfHit(model, hit, refOf(state)), pin: pinHit(model, hit, state.kind) };
}

function foundInChain(drawn, hit) {
  if (!hit) return null;
  const unit = (hit.lane === 0 ? drawn.chain.rows : drawn.chain.columns)[hit.index];
  const places = { ...NOTHING_HOVERED.places, [unit.side]: unit.places };
  return { hover: { ...NOTHING_HOVERED, places }, pin: (state) => togglePins(state, unit.side, unit.places) };
}

function labelOf({ words, state, scene }) {
  const name = headName(words, state);
  return say(words, "map_label", { name, rows: scene.rows.length, columns: scene.columns.length });
}

function scrollTo(element, geometry, view, row, column) {
  const into = (now, from, size, room) => (from < now ? from : from + size > now + room ? from + size - room : now);
  element.scrollLeft = into(element.scrollLeft, column * geometry.cellWidth, geometry.cellWidth, view.width - geometry.left - geometry.sumsWidth);
  element.scrollTop = into(element.scrollTop, row * geometry.cellHeight, geometry.cellHeight, view.height - geometry.top - geometry.meansHeight);
}
