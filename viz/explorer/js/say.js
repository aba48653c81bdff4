/** Texts for a reader: `say(words, key, values)` fills fields {name} and Korean particles {name:을/를}. */

import { AVERAGE } from "./maps.js";

const ENDS_IN_CONSONANT = "013678lmnrLMNR";
const ENDS_IN_RIEUL = "178lrLR";
const WORD = /[A-Za-z]{2,}$/;
const WORD_ENDS_IN_CONSONANT = /([lmn]|ng|.[lmn]e|(^|[^aeiou])[aeiouy](ck|[bckpt])|ook|out|oup)$/;
const WORD_ENDS_IN_RIEUL = /(l|.le)$/;

export function say(words, key, values = {}) {
  const text = words[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)(?::([^}/]+)\/([^}]+))?\}/g, (_, name, withConsonant, withVowel) =>
    withConsonant ? particle(String(values[name]), withConsonant, withVowel) : String(values[name]),
  );
}

/** The Korean particle that fits the last sound of a word, by the rules of viz/language.py. */
export function particle(word, withConsonant, withVowel) {
  const spoken = word.replaceAll("%", "퍼센트").replace(/[^\p{L}\p{N}]+$/u, "");
  const last = [...spoken].at(-1) ?? "";
  const english = WORD.exec(spoken)?.[0];
  let consonant = ENDS_IN_CONSONANT.includes(last) && last !== "";
  let rieul = ENDS_IN_RIEUL.includes(last) && last !== "";
  if (last >= "가" && last <= "힣") {
    const final = (last.charCodeAt(0) - "가".charCodeAt(0)) % 28;
    consonant = final !== 0;
    rieul = final === 8;
  } else if (english && english !== english.toUpperCase()) {
    consonant = WORD_ENDS_IN_CONSONANT.test(english.toLowerCase());
    rieul = WORD_ENDS_IN_RIEUL.test(english.toLowerCase());
  }
  if (rieul && withConsonant.startsWith("으로")) return withVowel;
  return consonant ? withConsonant : withVowel;
}

/** 0.612 -> "61 %": at most three figures, as percent_text of viz/figures/labels.py. */
export function percent(share) {
  const value = 100 * share;
  if (value >= 9.95) return `${value.toFixed(0)} %`;
  if (value >= 0.095) return `${value.toFixed(1)} %`;
  return value > 0 ? "< 0.1 %" : "0 %";
}

export function threePlaces(weight) {
  return decimals(weight, 3);
}

/** A number with that many decimals, or as many as it has, with a real minus sign. */
export function decimals(value, places) {
  const text = places === undefined ? String(Math.abs(value)) : Math.abs(value).toFixed(places);
  return value < 0 && Number(text) > 0 ? `−${text}` : text;
}

/** A difference: its sign says which of two is larger. */
export function signed(value) {
  return value < 0 ? decimals(value, 3) : `+${threePlaces(value)}`;
}

/** "Cross · layer 6 · head 4", one-based. */
export function headName(words, { kind, layer, head }) {
  const kindName = say(words, `kind_${kind}`);
  if (layer === AVERAGE && head === AVERAGE) return say(words, "name_all", { kind: kindName });
  if (head === AVERAGE) return say(words, "name_layer", { kind: kindName, layer: layer + 1 });
  if (layer === AVERAGE) return say(words, "name_head", { kind: kindName, head: head + 1 });
  return say(words, "name_one", { kind: kindName, layer: layer + 1, head: head + 1 });
}

/** "Cross 6.4": the same in the least space. */
export function shortName(words, ref) {
  return `${say(words, `short_${ref.kind}`)} ${headNumber(ref)}`;
}

/** "6.4" */
export function headNumber({ layer, head }) {
  const number = (index) => (index === AVERAGE ? "∅" : index + 1);
  return `${number(layer)}.${number(head)}`;
}

/** A unit as it is called in a sentence: ■ gets its name. */
export function unitName(words, unit) {
  if (!unit.special) return unit.text;
  if (unit.text === "■") return say(words, "special_end");
  return unit.text === "▶" ? say(words, "special_begin") : say(words, "special_other");
}

/** What a cell means, in a sentence. */
export function cellSentence(words, kind, row, column, weight) {
  return say(words, `looks_${kind}`, { query: unitName(words, row), key: unitName(words, column), percent: percent(weight) });
}

/** What the column of sums and the row of means hold, or "" without them. */
export function sumsNote(words, { sums, means }) {
  return [sums && say(words, "note_sums"), means && say(words, "note_means")].filter(Boolean).join(" · ");
}
