/** The hand on the drawings: hover shows, click pins, on touch the first tap shows and the second pins. */

import { refOf, sameHead, openHead, setHover, NOTHING_HOVERED, togglePinnedCell, togglePins, toggleTray } from "./state.js";
import { columnsOf, rowsOf } from "./units.js";

/** What is under the hand, for the state: a hit {part, row, column, head} of a map of a head. */
export function hoverOfHit(model, hit, ref, minus = null) {
  if (!hit) return NOTHING_HOVERED;
  const row = hit.row === undefined ? null : rowsOf(model.units, ref.kind)[hit.row];
  const column = hit.column === undefined ? null : columnsOf(model.units, ref.kind)[hit.column];
  const places = { source: [], target: [] };
  for (const unit of [row, column]) if (unit) places[unit.side] = [...new Set([...places[unit.side], ...unit.places])];
  const head = hit.head === undefined ? ref : { ...ref, head: hit.head };
  const cell = hit.part === "cell" ? { kind: ref.kind, row: hit.row, column: hit.column, ref: refOf(head), minus } : null;
  return { places, cell, head: null };
}

/** Pins what was hit: a token, or the two tokens of a cell. */
export function pinHit(model, hit, kind) {
  return (state) => {
    const row = hit.row === undefined ? null : rowsOf(model.units, kind)[hit.row];
    const column = hit.column === undefined ? null : columnsOf(model.units, kind)[hit.column];
    if (row && column) return togglePinnedCell(state, row, column);
    const unit = row ?? column;
    return unit ? togglePins(state, unit.side, unit.places) : state;
  };
}

/** Hears hover and click on a drawing. `look(x, y)` -> {hover, pin(state)} or null. */
export function hearDrawing(store, canvas, find) {
  let touch = false;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    store.pointer = { x: event.clientX, y: event.clientY };
    return find(event.clientX - box.left, event.clientY - box.top);
  };
  const show = (found) => {
    canvas.style.cursor = found ? "pointer" : "default";
    store.dispatch((state) => setHover(state, found?.hover ?? NOTHING_HOVERED));
  };
  canvas.addEventListener("pointerdown", (event) => (touch = event.pointerType === "touch"));
  canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && show(at(event)));
  canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && show(null));
  canvas.addEventListener("click", (event) => {
    const found = at(event);
    if (!found) return show(null);
    const shownBefore = JSON.stringify(store.state.hover) === JSON.stringify(found.hover);
    if (touch && !shownBefore) return show(found);
    store.dispatch(found.pin);
  });
}

/** On a small map of the overview a click opens, Shift-click pins; on touch the tap on the open one pins. */
export function hearOverview(store, canvas, find, pinButton) {
  let touch = false;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    store.pointer = { x: event.clientX, y: event.clientY };
    return find(event.clientX - box.left, event.clientY - box.top);
  };
  const show = (head) => {
    canvas.style.cursor = head ? "pointer" : "default";
    pinButton.show(head);
    store.dispatch((state) => setHover(state, head ? { ...NOTHING_HOVERED, head } : NOTHING_HOVERED));
  };
  canvas.addEventListener("pointerdown", (event) => (touch = event.pointerType === "touch"));
  canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && show(at(event)));
  canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && event.relatedTarget !== pinButton.element && show(null));
  canvas.addEventListener("click", (event) => {
    const head = at(event);
    if (!head) return;
    store.dispatch((state) => (event.shiftKey || (touch && sameHead(state, head)) ? toggleTray(state, head) : openHead(state, head)));
  });
}
