/** Which head, and how it is shown. */

import { inkOn } from "./colours.js";
import { choice, el, setAttribute, setHidden, setText, whenChanged } from "./dom.js";
import { AVERAGE } from "./maps.js";
import { KINDS } from "./payload.js";
import { say } from "./say.js";
import { onlyHead, openHead, openKind, refOf, sameHead, setMode, toggleHeadChip, toggleTray, MAX_TRAY, MODES } from "./state.js";
import { sizesOf } from "./units.js";

/** Kind, layer and head, the name of what is open, and the button that pins it. */
export function headPart(store) {
  const { words, data, dispatch } = store;
  const kinds = choice(say(words, "kind"), KINDS.map((kind) => [kind, say(words, `kind_${kind}`)]), (kind) => dispatch((state) => openKind(state, kind)));
  const layer = el("select", { "aria-label": say(words, "layer"), onchange: () => dispatch((state) => openHead(state, { ...refOf(state), layer: Number(layer.value) })) });
  const chips = el("div.chips", { role: "group", "aria-label": say(words, "heads") });
  const pin = el("button.pin", { type: "button", title: say(words, "pin_help"), onclick: () => dispatch((state) => toggleTray(state, refOf(state))) });
  const about = el("p.about");
  const element = el("div.row.head", {}, kinds.element, layer, chips, pin);

  const fillLayers = whenChanged((kind) => {
    const count = sizesOf(data, kind).layers;
    const numbers = [...Array(count).keys(), AVERAGE];
    layer.replaceChildren(...numbers.map((index) => el("option", { value: index }, index === AVERAGE ? say(words, "layer_average") : say(words, "layer_number", { layer: index + 1 }))));
  });
  const fillChips = whenChanged((kind) => {
    chips.replaceChildren(...[...Array(sizesOf(data, kind).heads).keys(), AVERAGE].map((head) => chip(store, head)));
  });
  return {
    element,
    about,
    render() {
      const { state, look } = store;
      kinds.show(state.kind);
      fillLayers([state.kind], state.kind);
      if (layer.value !== String(state.layer)) layer.value = String(state.layer);
      fillChips([sizesOf(data, state.kind).heads, look], state.kind);
      for (const button of chips.children) {
        const head = Number(button.dataset.head);
        const shown = head === state.head || (state.mode === "links" && state.others.includes(head));
        setAttribute(button, "aria-pressed", String(shown));
      }
      const inTray = state.tray.some((ref) => sameHead(ref, state));
      setText(pin, say(words, inTray ? "unpin" : "pin"));
      pin.disabled = !inTray && state.tray.length >= MAX_TRAY;
      setAttribute(pin, "aria-pressed", String(inTray));
      setText(about, say(words, `about_${state.mode === "chain" ? "chain" : state.kind}`));
    },
  };
}

/** A head's number in its colour. In the links view a click adds it, a double click shows it alone. */
function chip(store, head) {
  const { words, dispatch, look } = store;
  const text = head === AVERAGE ? "∅" : String(head + 1);
  const name = head === AVERAGE ? say(words, "head_average") : say(words, "head_number", { head: head + 1 });
  const choose = (state) => {
    if (state.mode !== "links" || head === AVERAGE || state.head === AVERAGE) return onlyHead(state, head);
    return toggleHeadChip(state, head);
  };
  const button = el("button.chip", { type: "button", "data-head": head, title: name, "aria-label": name, onclick: (event) => event.detail < 2 && dispatch(choose), ondblclick: () => dispatch((state) => onlyHead(state, head)) }, text);
  button.style.setProperty("--chip", look.colours.head(head));
  button.style.setProperty("--ink", inkOn(look.colours.head(head)));
  return button;
}

/** View, words or tokens, special tokens, scale, threshold. */
export function viewPart(store) {
  const { words, dispatch } = store;
  const change = (values) => dispatch((state) => ({ ...state, ...values }));
  const modes = choice(say(words, "mode"), MODES.map((mode) => [mode, say(words, `mode_${mode}`)]), (mode) => dispatch((state) => setMode(state, mode)));
  const groupings = choice(say(words, "grouping"), ["words", "tokens"].map((each) => [each, say(words, `grouping_${each}`)]), (grouping) => change({ grouping }));
  const special = el("input", { type: "checkbox", onchange: () => change({ special: special.checked }) });
  const scale = el("input", { type: "checkbox", onchange: () => change({ scale: scale.checked ? "linear" : "root" }) });
  const by = el("select", { "aria-label": say(words, "threshold"), onchange: () => change({ threshold: { by: by.value, value: by.value === "mass" ? 0.9 : 0 } }) }, el("option", { value: "weight" }, say(words, "threshold_weight")), el("option", { value: "mass" }, say(words, "threshold_mass")));
  const value = el("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": say(words, "threshold"), oninput: () => dispatch((state) => ({ ...state, threshold: { ...state.threshold, value: thresholdOf(state.threshold.by, Number(value.value)) } })) });
  const number = el("output");
  const element = el(
    "div.row.view", {}, modes.element, groupings.element,
    el("label.check", {}, special, say(words, "special")),
    el("label.check", {}, scale, say(words, "linear")),
    el("span.threshold", {}, by, value, number),
  );
  return {
    element,
    render() {
      const { state } = store;
      modes.show(state.mode);
      groupings.show(state.grouping);
      special.checked = state.special;
      scale.checked = state.scale === "linear";
      const { by: kind, value: limit } = state.threshold;
      if (by.value !== kind) by.value = kind;
      const place = kind === "weight" ? Math.sqrt(limit) : limit;
      if (Math.abs(Number(value.value) - place) > 0.006) value.value = place;
      setText(number, kind === "weight" ? (limit ? `≥ ${limit.toFixed(3)}` : say(words, "threshold_none")) : `${Math.round(100 * limit)} %`);
      setHidden(element.querySelector(".threshold"), state.mode === "chain");
    },
  };
}

/** The slider is finer for small weights, where the choice matters: its square is the threshold. */
function thresholdOf(by, place) {
  return by === "weight" ? Math.round(1000 * place ** 2) / 1000 : place;
}
