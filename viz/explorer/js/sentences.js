/** The two sentences as buttons: what hangs together with the word under the hand is shaded, pinned words are framed. */

import { stepOf, withAlpha } from "./colours.js";
import { el, setAttribute, whenChanged } from "./dom.js";
import { say, unitName } from "./say.js";
import { isPinned, rowInPlay, shadesOf } from "./scene.js";
import { NOTHING_HOVERED, setHover, togglePins } from "./state.js";

export function sentencesPart(store) {
  const lines = { source: el("div.sentence.source", { lang: "ko" }), target: el("div.sentence.target", { lang: "en" }) };
  const element = el("div.sentences", {}, lines.source, lines.target);
  let words = { source: [], target: [] };

  const build = whenChanged(() => {
    for (const side of ["source", "target"]) {
      words[side] = store.model.units[side].map((unit) => wordButton(store, unit));
      lines[side].replaceChildren(el("span.side", { lang: store.settings.language }, say(store.words, side === "source" ? "source" : "target")), ...words[side].map(({ button }) => button));
    }
  });
  const shade = (scene) => {
    const shades = shadesOf(scene);
    const { state, look } = store;
    const play = state.step === null ? Infinity : rowInPlay(store.model.units.target, state.step);
    for (const side of ["source", "target"]) {
      words[side].forEach((word, index) => {
        const weight = word.unit.places.reduce((sum, place) => Math.max(sum, shades[side].get(place) ?? 0), 0);
        paint(word, weight ? withAlpha(look.colours.weight[255], (0.45 * stepOf(weight, state.scale)) / 255) : "");
        const pinned = isPinned(word.unit, state.pins);
        const lit = word.unit.places.some((place) => state.hover.places[side].includes(place));
        setAttribute(word.button, "aria-pressed", String(pinned));
        word.button.classList.toggle("lit", lit);
        word.button.classList.toggle("future", side === "target" && index > play);
        word.button.classList.toggle("playing", side === "target" && index === play);
      });
    }
  };
  const shadeIfChanged = whenChanged(shade);
  return {
    element,
    render(scene) {
      const { state, model, words: texts, look } = store;
      build([model, texts]);
      shadeIfChanged([model, texts, look, state.pins, state.hover, state.step, state.scale, scene.values], scene);
    },
  };
}

function paint(word, colour) {
  if (word.colour === colour) return;
  word.colour = colour;
  word.button.style.backgroundColor = colour;
}

function wordButton(store, unit) {
  const { side, places } = unit;
  const show = (event) => {
    store.pointer = { x: event.clientX, y: event.clientY, element: event.currentTarget };
    store.dispatch((state) => setHover(state, { ...NOTHING_HOVERED, places: { ...NOTHING_HOVERED.places, [side]: places } }));
  };
  const hide = () => store.dispatch((state) => setHover(state, NOTHING_HOVERED));
  const button = el(
    `button.word${unit.special ? ".special" : ""}`,
    {
      type: "button", "aria-pressed": "false", "data-side": side, "data-places": places.join("."),
      "aria-label": unit.special ? unitName(store.words, unit) : null,
      onpointerenter: (event) => event.pointerType !== "touch" && show(event),
      onpointerleave: hide, onfocus: (event) => event.currentTarget.matches(":focus-visible") && show(event), onblur: hide,
      onclick: () => store.dispatch((state) => togglePins(state, side, places)),
    },
    unit.text,
  );
  return { unit, button, colour: "" };
}
