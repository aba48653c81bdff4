/** The state, one plain object, and the pure functions that change it. Nothing here touches the page. */

import { AVERAGE } from "./maps.js";
import { KINDS } from "./payload.js";
import { isKind, placesOf, sizesOf } from "./units.js";

export const MODES = ["matrix", "links", "chain"];
export const MAX_TRAY = 4;
export const NOTHING_HOVERED = { places: { source: [], target: [] }, cell: null, head: null };

/** Where one begins: the last layer's first head of cross-attention. */
export function initialState(data) {
  const last = (kind) => ({ layer: sizesOf(data, kind).layers - 1, head: 0 });
  return {
    kind: "cross",
    ...last("cross"),
    last: Object.fromEntries(KINDS.map((kind) => [kind, last(kind)])), // the head seen last of each kind
    mode: "matrix",
    others: [], // heads of the same layer, drawn as links beside the chosen one
    grouping: "words",
    special: true,
    scale: "root",
    threshold: { by: "weight", value: 0 },
    pins: { source: [], target: [] }, // places of tokens, ascending
    tray: [],
    pair: [0, 1], // which two heads of the tray are subtracted
    filter: { figure: "entropy", low: 0, high: 1, hide: false },
    step: null, // the target token in play, or null
    playing: false,
    hover: NOTHING_HOVERED,
    table: false,
  };
}

/** The state with whatever fits of a view that came from an address or from Python; the rest is left as it is. */
export function withView(state, view, data) {
  let next = state;
  if (!view || typeof view !== "object") return next;
  if (isHead(view, data)) next = openHead(next, view);
  if (MODES.includes(view.mode)) next = { ...next, mode: view.mode };
  if (["words", "tokens"].includes(view.grouping)) next = { ...next, grouping: view.grouping };
  if (["root", "linear"].includes(view.scale)) next = { ...next, scale: view.scale };
  if (typeof view.special === "boolean") next = { ...next, special: view.special };
  if (view.pins) next = { ...next, pins: { source: places(view.pins.source, data, "source"), target: places(view.pins.target, data, "target") } };
  if (Array.isArray(view.tray)) next = withTray(next, withoutRepeats(view.tray.filter((ref) => isHead(ref, data)).map(refOf)).slice(0, MAX_TRAY));
  if (Array.isArray(view.pair)) next = setPair(next, view.pair);
  if (Array.isArray(view.others)) next = { ...next, others: view.others.filter((head) => isIndex(head, 0, sizesOf(data, next.kind).heads) && head !== next.head) };
  if (view.step === null || isIndex(view.step, 0, data.target.length)) next = { ...next, step: view.step, playing: false };
  if (["weight", "mass"].includes(view.threshold?.by) && view.threshold.value >= 0 && view.threshold.value <= 1) next = { ...next, threshold: { ...view.threshold } };
  return next;
}

/** Whether the reader is where `view` led, with its head and pins. */
export function isAt(state, view) {
  return (
    Boolean(view) && sameHead(state, view) &&
    String(state.pins.source) === String(view.pins.source) && String(state.pins.target) === String(view.pins.target)
  );
}

export function openHead(state, { kind, layer, head }) {
  const sameLayer = kind === state.kind && layer === state.layer && head !== AVERAGE;
  const others = sameLayer ? state.others.filter((other) => other !== head) : [];
  return { ...state, kind, layer, head, others, last: { ...state.last, [kind]: { layer, head } } };
}

/** The kind with the head of it that was seen last. */
export function openKind(state, kind) {
  return kind === state.kind ? state : openHead(state, { kind, ...state.last[kind] });
}

/** `layers` down and `heads` to the right, past the last one to the averages and round again. */
export function moveHead(state, layers, heads, data) {
  const sizes = sizesOf(data, state.kind);
  const turn = (index, by, count) => {
    const place = ((index === AVERAGE ? count : index) + by + count + 1) % (count + 1);
    return place === count ? AVERAGE : place;
  };
  return openHead(state, { kind: state.kind, layer: turn(state.layer, layers, sizes.layers), head: turn(state.head, heads, sizes.heads) });
}

/** Links of one more head of this layer, or of one less; the last one stays. */
export function toggleHeadChip(state, head) {
  const shown = [state.head, ...state.others];
  if (!shown.includes(head)) return { ...state, others: [...state.others, head].sort((a, b) => a - b) };
  if (head !== state.head) return { ...state, others: state.others.filter((other) => other !== head) };
  if (!state.others.length) return state;
  const [first, ...rest] = state.others;
  return { ...openHead(state, { ...refOf(state), head: first }), others: rest };
}

export function onlyHead(state, head) {
  return { ...openHead(state, { ...refOf(state), head }), others: [] };
}

export function setMode(state, mode) {
  return { ...state, mode, hover: NOTHING_HOVERED };
}

/** Pins places, or lets them go if one of them is pinned. */
export function togglePins(state, side, chosen) {
  const held = new Set(state.pins[side]);
  const release = chosen.some((place) => held.has(place));
  for (const place of chosen) release ? held.delete(place) : held.add(place);
  return { ...state, pins: { ...state.pins, [side]: [...held].sort((a, b) => a - b) } };
}

/** A cell pins its two sides together: both, or if both are pinned neither. */
export function togglePinnedCell(state, row, column) {
  const pinned = (unit) => unit.places.some((place) => state.pins[unit.side].includes(place));
  const release = pinned(row) && pinned(column);
  let next = state;
  for (const unit of [row, column]) if (pinned(unit) === release) next = togglePins(next, unit.side, unit.places);
  return next;
}

export function releaseAll(state) {
  return { ...state, pins: { source: [], target: [] }, step: null, playing: false, hover: NOTHING_HOVERED };
}

export function toggleTray(state, ref) {
  const inTray = state.tray.some((other) => sameHead(other, ref));
  if (!inTray && state.tray.length >= MAX_TRAY) return state;
  const tray = inTray ? state.tray.filter((other) => !sameHead(other, ref)) : [...state.tray, refOf(ref)];
  return withTray(state, tray);
}

/** Another tray; the two heads that are subtracted stay the same two while both are in it, whatever their places. */
function withTray(state, tray) {
  const placeOf = (ref) => (ref ? tray.findIndex((other) => sameHead(other, ref)) : -1);
  return { ...state, tray, pair: validPair(tray, state.pair.map((place) => placeOf(state.tray[place]))) };
}

export function setPair(state, pair) {
  return { ...state, pair: validPair(state.tray, pair) };
}

/** Two places of the tray with heads of one kind: the wish if it is one, else the first such two. */
export function validPair(tray, [a, b]) {
  if (a !== b && tray[a] && tray[a].kind === tray[b]?.kind) return [a, b];
  for (let first = 0; first < tray.length; first += 1) {
    for (let second = first + 1; second < tray.length; second += 1) {
      if (tray[first].kind === tray[second].kind) return [first, second];
    }
  }
  return [0, 1];
}

export function setHover(state, hover) {
  return sameHover(state.hover, hover) ? state : { ...state, hover };
}

/** The step to a token, or with null out of stepping; a whole number outside of the target is held at its end. */
export function setStep(state, step, data) {
  if (step === null) return { ...state, step: null, playing: false };
  return { ...state, step: Math.max(0, Math.min(data.target.length - 1, step)) };
}

/** To the next (1) or the previous (-1) row of the decoder; from nowhere to the first. */
export function moveStep(state, by, rows, data) {
  if (!rows.length) return state;
  if (state.step === null) return setStep(state, by > 0 ? rows[0].first : lastToken(rows.at(-1)), data);
  const now = rows.findIndex((row) => state.step <= lastToken(row));
  const next = (now < 0 ? rows.length - 1 : now) + by;
  return next < 0 || next >= rows.length ? { ...state, playing: false } : setStep(state, rows[next].first, data);
}

function lastToken(unit) {
  return unit.first + unit.count - 1;
}

/** The head that is open, as a plain reference. */
export function refOf({ kind, layer, head }) {
  return { kind, layer, head };
}

export function sameHead(a, b) {
  return a.kind === b.kind && a.layer === b.layer && a.head === b.head;
}

export function isHead(ref, data) {
  if (!ref || !isKind(ref.kind)) return false;
  const { layers, heads } = sizesOf(data, ref.kind);
  return isIndex(ref.layer, AVERAGE, layers) && isIndex(ref.head, AVERAGE, heads);
}

function isIndex(value, low, high) {
  return Number.isInteger(value) && value >= low && value < high;
}

function places(values, data, side) {
  if (!Array.isArray(values)) return [];
  return [...new Set(values.filter((value) => isIndex(value, 0, placesOf(data, side))))].sort((a, b) => a - b);
}

function withoutRepeats(refs) {
  return refs.filter((ref, index) => refs.findIndex((other) => sameHead(other, ref)) === index);
}

function sameHover(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
