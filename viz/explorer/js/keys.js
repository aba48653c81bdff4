/** The keyboard, while the focus is within the explorer; in presenter mode wherever it is. */

import { KINDS } from "./payload.js";
import { step, togglePlaying } from "./player.js";
import { hoverOfHit, pinHit } from "./pointer.js";
import { moveHead, openKind, refOf, releaseAll, setHover, toggleTray } from "./state.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * Arrows: layer and head. Shift and arrows: the cell under the hand; Enter pins it. P pins the head, 1 2 3 choose the kind,
 * space plays, Page Up and Page Down step, Escape lets go of all. Returns what ends the hearing.
 */
export function hearKeys(store, root) {
  const hear = (event) => {
    const target = event.composedPath()[0];
    const { presenter } = store.settings;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target, event.key, presenter)) return;
    const change = changeFor(store, event, target);
    if (!change) return;
    event.preventDefault();
    event.stopPropagation();
    change();
  };
  const hearBeside = (event) => store.settings.presenter && !event.composedPath().includes(root) && hear(event);
  root.addEventListener("keydown", hear);
  document.addEventListener("keydown", hearBeside);
  return () => document.removeEventListener("keydown", hearBeside);
}

function changeFor(store, { key, shiftKey }, target) {
  const { dispatch, data, model } = store;
  if (ARROWS[key] && shiftKey) return () => moveCell(store, ...ARROWS[key]);
  if (ARROWS[key]) return () => dispatch((state) => moveHead(state, ...ARROWS[key], data));
  if (key === "Enter" && target.matches("canvas") && store.state.hover.cell) {
    return () => dispatch(pinHit(model, store.state.hover.cell, store.state.hover.cell.kind));
  }
  if (key === "Escape") return () => dispatch(releaseAll);
  if (key === "PageDown" || key === "PageUp") return () => step(store, key === "PageDown" ? 1 : -1);
  if (key === " " && !target.matches("button, summary, input")) return () => dispatch(togglePlaying(store));
  // Letters by their place on the keyboard would be wrong on other layouts; a Korean one yields ㅔ for p.
  if (key === "p" || key === "P" || key === "ㅔ") return () => dispatch((state) => toggleTray(state, refOf(state)));
  if (["1", "2", "3"].includes(key)) return () => dispatch((state) => openKind(state, KINDS[Number(key) - 1]));
  return null;
}

/** Moves the cell under the hand, from the top left corner to begin with. */
function moveCell(store, rows, columns) {
  const { scene, model, state } = store;
  if (!scene.rows.length || !scene.columns.length) return;
  const cell = state.hover.cell?.kind === scene.kind ? state.hover.cell : { row: -Math.abs(rows), column: -Math.abs(columns) };
  const within = (value, count) => Math.max(0, Math.min(count - 1, value));
  const hit = { part: "cell", row: within(cell.row + rows, scene.rows.length), column: within(cell.column + columns, scene.columns.length) };
  store.pointer = store.main.pointOfCell(hit);
  store.dispatch((now) => setHover(now, hoverOfHit(model, hit, refOf(now))));
}

/** Fields that use a key themselves keep it; a clicker's keys are never meant for a field. */
function isTyping(target, key, presenter) {
  if (presenter && key.startsWith("Page")) return false;
  if (target.matches("select, textarea, input[type=text]")) return true;
  return target.matches("input[type=range], input[type=checkbox]") && (key.startsWith("Arrow") || key === " ");
}
