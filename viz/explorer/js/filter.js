/** Dims or hides heads of the overview by a measured figure. */

import { el, setText, whenChanged } from "./dom.js";
import { AVERAGE } from "./maps.js";
import { KINDS } from "./payload.js";
import { say } from "./say.js";

/** The measured figure of a head, or null where it has none (averages; the distance in cross-attention). */
export function figureOf(data, figure, { kind, layer, head }) {
  if (layer === AVERAGE || head === AVERAGE) return null;
  return data.figures[kind]?.[figure]?.[layer]?.[head] ?? null;
}

/** Smallest and largest value of a figure over all heads. */
export function figureRange(data, figure) {
  const values = KINDS.flatMap((kind) => (data.figures[kind]?.[figure] ?? []).flat());
  return values.length ? [Math.min(...values), Math.max(...values)] : [0, 0];
}

/** Whether a head is within the filter; one without the figure always is. */
export function passesFilter(data, filter, ref) {
  if (filter.low <= 0 && filter.high >= 1) return true;
  const value = figureOf(data, filter.figure, ref);
  if (value === null) return true;
  const [low, high] = figureRange(data, filter.figure);
  const share = high > low ? (value - low) / (high - low) : 0;
  return share >= filter.low - 1e-9 && share <= filter.high + 1e-9;
}

export function filterPart(store) {
  const { words, data, dispatch } = store;
  const change = (values) => dispatch((state) => ({ ...state, filter: { ...state.filter, ...values } }));
  const figure = el("select", { "aria-label": say(words, "filter_figure"), onchange: () => change({ figure: figure.value, low: 0, high: 1 }) }, el("option", { value: "entropy" }, say(words, "entropy")), el("option", { value: "distance" }, say(words, "distance")));
  const slider = (label, name) => el("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": label, oninput: (event) => change({ [name]: Number(event.target.value) }) });
  const low = slider(say(words, "filter_low"), "low");
  const high = slider(say(words, "filter_high"), "high");
  const hide = el("input", { type: "checkbox", onchange: () => change({ hide: hide.checked }) });
  const range = el("output");
  const element = el("details.filter", {}, el("summary", {}, say(words, "filter")), el("div.fields", {}, figure, el("label", {}, say(words, "filter_low"), low), el("label", {}, say(words, "filter_high"), high), range, el("label.check", {}, hide, say(words, "filter_hide"))));
  const show = whenChanged(() => {
    const { filter } = store.state;
    figure.value = filter.figure;
    low.value = filter.low;
    high.value = filter.high;
    hide.checked = filter.hide;
    const [least, most] = figureRange(data, filter.figure);
    const at = (share) => (least + share * (most - least)).toFixed(2);
    setText(range, say(words, filter.figure === "entropy" ? "range_entropy" : "range_distance", { low: at(filter.low), high: at(filter.high) }));
    element.classList.toggle("active", filter.low > 0 || filter.high < 1);
  });
  return { element, render: () => show([store.state.filter]) };
}
