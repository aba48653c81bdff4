/** The open map as a table, for those who want the numbers or cannot see the picture. */

import { el, setAttribute, setHidden, setText, whenChanged } from "./dom.js";
import { headName, say, threePlaces, unitName } from "./say.js";

export function tablePart(store) {
  const { words, dispatch } = store;
  const button = el("button", { type: "button", "aria-expanded": "false", onclick: () => dispatch((state) => ({ ...state, table: !state.table })) }, say(words, "table_show"));
  const holder = el("div.numbers", { tabindex: 0, role: "region", "aria-label": say(words, "table_show") });
  const fill = whenChanged((scene) => holder.replaceChildren(tableOf(store, scene)));
  return {
    button,
    element: holder,
    render(scene) {
      const { state, model } = store;
      setHidden(holder, !state.table);
      setAttribute(button, "aria-expanded", String(state.table));
      setText(button, say(words, state.table ? "table_hide" : "table_show"));
      if (state.table) fill([model, state.kind, state.layer, state.head], scene);
    },
  };
}

function tableOf({ words }, scene) {
  const name = (row) => {
    const before = scene.before(row);
    return before ? `${unitName(words, before)} → ${unitName(words, row)}` : unitName(words, row);
  };
  const head = el("tr", {}, el("td"), ...scene.columns.map((column) => el("th", { scope: "col" }, unitName(words, column))));
  const rows = scene.rows.map((row, index) =>
    el("tr", {}, el("th", { scope: "row" }, name(row)), ...scene.columns.map((_, column) => el("td", {}, scene.masked(index, column) ? say(words, "masked_short") : threePlaces(scene.values[index * scene.columns.length + column])))),
  );
  return el("table", {}, el("caption", {}, headName(words, scene.ref)), el("thead", {}, head), el("tbody", {}, ...rows));
}
