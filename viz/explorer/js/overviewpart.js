/** The overview on the page: a canvas kept as a picture while only marks on it change, and its pin button. */

import { el, setAttribute, setHidden, setText, whenChanged } from "./dom.js";
import { drawOverview, drawOverviewBase, layoutOverview, overviewHit, overviewLabel, tilePlace } from "./overview.js";
import { prepareCanvas } from "./pen.js";
import { hearOverview } from "./pointer.js";
import { headName, say } from "./say.js";
import { MAX_TRAY, sameHead, setHover, toggleTray, NOTHING_HOVERED } from "./state.js";

export function overviewPart(store) {
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const base = document.createElement("canvas");
  let geometry = null;
  const pin = pinButton(store, (head) => tilePlace(geometry, head), () => geometry.tile);
  const element = el("div.overview", {}, canvas, pin.element);
  hearOverview(store, canvas, (x, y) => geometry && overviewHit(geometry, x, y), pin);

  const drawBase = whenChanged((passes) => {
    const { model, look, room, state } = store;
    geometry = layoutOverview(model.maps, room.overviewWidth, room.overviewHeight, look, room.strip);
    drawOverviewBase(base, model, geometry, look, passes, state.filter.hide);
  });
  const drawMarks = whenChanged(() => {
    const { model, look, state, marks } = store;
    const ctx = prepareCanvas(canvas, geometry.width, geometry.height, look.colours.background);
    drawOverview(ctx, base, model, geometry, look, state, marks);
    setAttribute(canvas, "aria-label", overviewLabel(store.words, state));
  });
  /** In a strip the open head may be out of sight. */
  const bringIntoSight = whenChanged(() => {
    const { x } = tilePlace(geometry, store.state);
    const [from, to] = [element.scrollLeft + geometry.side, element.scrollLeft + element.clientWidth - geometry.tile];
    if (x < from || x > to) element.scrollLeft = x - element.clientWidth / 2;
  });
  return {
    element,
    /** Where a head's small map is on the screen: its middle. */
    pointOfHead(ref) {
      const box = canvas.getBoundingClientRect();
      const { x, y } = tilePlace(geometry, ref);
      return { x: box.left + x + geometry.tile / 2, y: box.top + y + geometry.tall / 2 };
    },
    render(passes) {
      const { model, look, room, state } = store;
      drawBase([model, look, room.overviewWidth, room.overviewHeight, room.strip, state.filter], passes);
      drawMarks([geometry, state.kind, state.layer, state.head, state.mode, state.others, state.tray, state.pins, state.hover, look, state.filter, devicePixelRatio]);
      if (room.strip) bringIntoSight([geometry, state.kind, state.head]);
    },
  };
}

/** The button in the corner of the small map under the hand; Shift-click does the same. */
function pinButton(store, placeOf, tileOf) {
  let shown = null;
  const hide = () => {
    shown = null;
    setHidden(element, true);
  };
  const element = el("button.pin-tile", {
    type: "button", hidden: true, tabindex: -1,
    onclick: () => shown && store.dispatch((state) => toggleTray(state, shown)),
    onpointerleave: () => {
      hide();
      store.dispatch((state) => setHover(state, NOTHING_HOVERED));
    },
  });
  return {
    element,
    show(head) {
      if (!head) return hide();
      const held = store.state.tray.some((ref) => sameHead(ref, head));
      if (!held && store.state.tray.length >= MAX_TRAY) return hide();
      shown = head;
      const { x, y } = placeOf(head);
      element.style.left = `${x + tileOf() - 15}px`;
      element.style.top = `${y - 5}px`;
      setText(element, held ? "−" : "+");
      setAttribute(element, "aria-label", say(store.words, held ? "unpin_name" : "pin_name", { name: headName(store.words, head) }));
      setHidden(element, false);
    },
  };
}
