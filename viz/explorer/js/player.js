/** Steps through decoding: which word is being predicted, what else was possible, what beam search kept. */

import { el, setAttribute, setHidden, setText, whenChanged } from "./dom.js";
import { decimals, percent, say, unitName } from "./say.js";
import { rowInPlay } from "./scene.js";
import { moveStep, setStep } from "./state.js";
import { readable } from "./units.js";

const STEP_MS = 900;

export function playerPart(store) {
  const { words, dispatch } = store;
  const play = el("button.play", { type: "button", onclick: () => dispatch(togglePlaying(store)) });
  const back = el("button", { type: "button", "aria-label": say(words, "step_back"), onclick: () => step(store, -1) }, "‹");
  const next = el("button", { type: "button", "aria-label": say(words, "step_next"), onclick: () => step(store, 1) }, "›");
  const slider = el("input", { type: "range", min: 0, step: 1, "aria-label": say(words, "step"), oninput: () => dispatch((state) => setStep({ ...state, playing: false }, rows(store)[Number(slider.value)]?.first ?? 0, store.data)) });
  const place = el("output");
  const stop = el("button", { type: "button", onclick: () => dispatch((state) => setStep(state, null, store.data)) }, say(words, "step_stop"));
  const detail = el("div.detail");
  const element = el("section.player", { "aria-label": say(words, "step") }, el("div.row", {}, play, back, slider, next, place, stop), detail);
  let timer = 0;

  const runTimer = whenChanged((playing) => {
    clearInterval(timer);
    if (playing) timer = setInterval(() => step(store, 1), STEP_MS);
  });
  const showDetail = whenChanged(() => detail.replaceChildren(...(store.state.step === null ? [] : stepDetail(store))));
  return {
    element,
    render() {
      const { state, model } = store;
      const list = rows(store);
      const row = state.step === null ? -1 : rowInPlay(list, state.step);
      setText(play, say(words, state.playing ? "pause" : "play"));
      setAttribute(slider, "max", String(Math.max(0, list.length - 1)));
      slider.value = Math.max(0, row);
      setText(place, row < 0 ? "" : say(words, "step_place", { place: row + 1, count: list.length, word: unitName(words, list[row]) }));
      setAttribute(slider, "aria-valuetext", place.textContent);
      setHidden(stop, row < 0);
      element.classList.toggle("active", row >= 0);
      runTimer([state.playing], state.playing);
      showDetail([state.step, model]);
    },
    close: () => clearInterval(timer),
  };
}

export function step(store, by) {
  store.dispatch((state) => moveStep(state, by, rows(store), store.data));
}

/** Starts at the first word if nothing is in play or the end is reached. */
export function togglePlaying(store) {
  return (state) => {
    if (state.playing) return { ...state, playing: false };
    const list = rows(store);
    const atEnd = state.step === null || rowInPlay(list, state.step) === list.length - 1;
    return { ...(atEnd ? setStep(state, list[0]?.first ?? 0, store.data) : state), playing: true };
  };
}

function rows(store) {
  return store.model.units.target;
}

function stepDetail({ words, state, model, data }) {
  const unit = model.units.target[rowInPlay(model.units.target, state.step)];
  if (!unit) return [];
  const tokens = Array.from({ length: unit.count }, (_, index) => unit.first + index);
  return tokens.map((token) => el("div.token", {}, candidates(words, data, token), beam(words, data, token)));
}

/** The five best, the chosen one marked by a sign and by weight of type, not by colour alone. */
function candidates(words, data, token) {
  const chosen = data.target[token];
  const list = data.candidates[token] ?? [];
  const bars = list.map(([text, piece, probability, special]) => {
    const bar = el("span.bar");
    bar.style.width = `${100 * probability}%`;
    const isChosen = piece === chosen[6];
    return el(`li${isChosen ? ".chosen" : ""}`, {}, el(`span.text${special ? ".special" : ""}`, { title: piece }, `${isChosen ? "✓ " : ""}${readable(text, special)}`), el("span.track", {}, bar), el("span.number", {}, percent(probability)));
  });
  const heading = say(words, "candidates", { word: readable(chosen[0], chosen[5]), probability: percent(data.probabilities[token]) });
  return el("div.candidates", {}, el("h4", {}, heading), el("ol", {}, ...bars));
}

/** What beam search kept and dropped at this step, each with the text so far. */
function beam(words, data, token) {
  const nodes = data.beam?.[token];
  if (!nodes) return null;
  const items = nodes.map((node) => {
    const [, , logProbability, kept] = node;
    return el(`li${kept ? "" : ".dropped"}`, {}, el("span.state", {}, say(words, kept ? "state_kept" : "state_dropped")), el("span.text", {}, textSoFar(data.beam, token, node)), el("span.number", {}, decimals(logProbability, 2)));
  });
  return el("div.beam", {}, el("h4", {}, say(words, "beam")), el("ul", {}, ...items));
}

function textSoFar(steps, token, node) {
  const pieces = [];
  for (let [step, each] = [token, node]; each; step -= 1, each = step >= 0 ? steps[step]?.[each[0]] : null) pieces.unshift(readable(each[1], each[4]));
  return pieces.length > 6 ? `… ${pieces.slice(-6).join(" ")}` : pieces.join(" ");
}
