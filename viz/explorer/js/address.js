/**
 * The view in the part of the address after #, which a browser never sends to a server.
 *
 *   #view=cross.5.3&of=1x2y3z&mode=links&with=1.2&source=0.1&target=4&tray=cross.5.3,cross.0.a&pair=1.0&by=tokens ...
 *
 * All numbers count from zero; "a" is the average over layers or heads. Source pins are source tokens; target pins count
 * the beginning token as 0. The pair are the places in the tray of the two heads that are subtracted. What is as at the
 * beginning is left out.
 */

import { AVERAGE } from "./maps.js";
import { initialState, validPair } from "./state.js";

/** A short mark of the two sentences: pins of one translation mean nothing in another. */
function markOf({ sourceText, targetText }) {
  let mark = 2166136261;
  for (const character of `${sourceText}\n${targetText}`) mark = Math.imul(mark ^ character.codePointAt(0), 16777619) >>> 0;
  return mark.toString(36);
}

/** State -> text after #. */
export function addressOf(state, data) {
  const start = initialState(data);
  const parts = [["view", headText(state)]];
  const add = (name, value, usual) => value !== usual && parts.push([name, value]);
  add("of", markOf(data), "");
  add("mode", state.mode, start.mode);
  add("with", state.others.join("."), "");
  add("source", state.pins.source.join("."), "");
  add("target", state.pins.target.join("."), "");
  add("tray", state.tray.map(headText).join(","), "");
  add("pair", state.pair.join("."), validPair(state.tray, start.pair).join("."));
  add("by", state.grouping, start.grouping);
  add("special", state.special ? "1" : "0", "1");
  add("scale", state.scale, start.scale);
  add("step", state.step === null ? "" : String(state.step), "");
  add("show", `${state.threshold.by}.${Math.round(1000 * state.threshold.value)}`, "weight.0");
  return parts.map(([name, value]) => `${name}=${value}`).join("&");
}

/** Whether the text after # is of these two sentences. */
export function isAddressOf(text, data) {
  return fieldsOf(text).get("of") === markOf(data);
}

/** Text after # -> a view for `withView`, or null if there is none in it. Pins are kept only if they are of this translation. */
export function viewOfAddress(text, data) {
  const fields = fieldsOf(text);
  const head = headOf(fields.get("view") ?? "");
  if (!head) return null;
  const ours = isAddressOf(text, data);
  const [by, thousandths] = (fields.get("show") ?? "weight.0").split(".");
  return {
    ...head,
    mode: fields.get("mode") ?? "matrix",
    others: numbers(fields.get("with")),
    pins: { source: ours ? numbers(fields.get("source")) : [], target: ours ? numbers(fields.get("target")) : [] },
    tray: (fields.get("tray") ?? "").split(",").map(headOf).filter(Boolean),
    pair: numbers(fields.get("pair") ?? "0.1"),
    grouping: fields.get("by") ?? "words",
    special: fields.get("special") !== "0",
    scale: fields.get("scale") ?? "root",
    step: ours && fields.has("step") ? whole(fields.get("step")) : null,
    threshold: { by, value: whole(thousandths) / 1000 },
  };
}

let loadedIsTaken = false;

/**
 * The text after # that this page was loaded with: once, or a view that the reader has left would come back.
 *
 * Streamlit drops a parameter that says what is so anyway (`lang=en` in an English browser), and all after # with it,
 * before there is an explorer to read it; the browser still knows what it was asked for.
 */
export function takeLoadedHash() {
  const loaded = new URL(performance.getEntriesByType("navigation")[0]?.name ?? "", location.href);
  const isHere = !loadedIsTaken && loaded.pathname === location.pathname;
  loadedIsTaken = true;
  return isHere ? loaded.hash : "";
}

/** What makes a new entry in the browser's history: pins and the tray. */
export function pinsText(state) {
  return JSON.stringify([state.pins, state.tray]);
}

const REPLACE_DELAY_MS = 250;

/**
 * Keeps the address in step with the state. Changes that are no pins wait a moment and are written together, since
 * browsers allow only so many in a time; a pin writes what waits first, so that Back returns to it.
 */
export function addressWriter(onBack) {
  let timer = 0;
  let waiting = null;
  let search = location.search; // with the present sentence in it
  const url = (text) => `${location.pathname}${location.search}#${text}`;
  const attempt = (write) => {
    try {
      write();
    } catch {
      // A page from disk in some browsers, or too many changes in a short time: the picture matters more.
    }
  };
  const flush = () => {
    clearTimeout(timer);
    if (waiting !== null && location.hash !== `#${waiting}`) attempt(() => history.replaceState(history.state, "", url(waiting)));
    waiting = null;
  };
  const forget = () => {
    clearTimeout(timer);
    waiting = null;
  };
  const listen = () => {
    forget(); // it was meant for the entry that was left
    search = location.search;
    onBack(location.hash);
  };
  addEventListener("popstate", listen);
  return {
    replace(text) {
      search = location.search;
      waiting = text;
      clearTimeout(timer);
      timer = setTimeout(flush, REPLACE_DELAY_MS);
    },
    push(text) {
      search = location.search;
      flush();
      if (location.hash !== `#${text}`) attempt(() => history.pushState(history.state, "", url(text)));
    },
    /**
     * Another sentence: an entry of its own, before which the one that was left is put back. Streamlit writes a typed sentence
     * over the entry, and leaves the text after #; for a chosen example it makes an entry without any.
     */
    turn(left, text) {
      forget();
      if (location.hash && location.search !== search) {
        const turned = url(text);
        attempt(() => {
          history.replaceState(history.state, "", `${location.pathname}${search}#${left}`);
          history.pushState(history.state, "", turned);
        });
      }
      this.replace(text);
    },
    flush,
    close() {
      forget();
      removeEventListener("popstate", listen);
    },
  };
}

function fieldsOf(text) {
  return new URLSearchParams(text.replace(/^#/, ""));
}

function headText({ kind, layer, head }) {
  const text = (index) => (index === AVERAGE ? "a" : index);
  return `${kind}.${text(layer)}.${text(head)}`;
}

function headOf(text) {
  const match = /^(encoder|decoder|cross)\.(a|\d{1,4})\.(a|\d{1,4})$/.exec(text);
  if (!match) return null;
  const index = (part) => (part === "a" ? AVERAGE : Number(part));
  return { kind: match[1], layer: index(match[2]), head: index(match[3]) };
}

function numbers(text) {
  return text ? text.split(".").map(whole) : [];
}

function whole(text) {
  return /^\d{1,5}$/.test(text) ? Number(text) : NaN;
}
