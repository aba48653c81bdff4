/**
 * Keys of the lesson. In presenter mode Page Down and Page Up (what clickers send) and the arrows to the sides turn the
 * step, those up and down and Space scroll it, Escape or leaving full screen ends it; P enters and leaves it at any time.
 * Where there are no steps to turn, these keys are left to the page.
 */

const TURNS = { PageDown: 1, ArrowRight: 1, PageUp: -1, ArrowLeft: -1 };
// What uses arrows itself, and what uses letters.
const USES_ARROWS = "input, textarea, select, [contenteditable], [role=slider], [role=radio], [role=radiogroup] *, [role=listbox] *";
const USES_LETTERS = "input:not([type=radio], [type=range], [type=checkbox]), textarea, select, [contenteditable], [role=listbox] *";

// The step that stands on the page, and the one last asked for until it stands there: whoever presses quickly goes on
// from the latter.
let shown = null;
let wanted = null;
// Ends what the latest run listens to: the next run comes with other data, and without an end of the one before.
let listening = new AbortController();

export default function ({ data, setTriggerValue }) {
  const uses = (target, keys) => target instanceof Element && target.matches(keys) && target.type !== "button";
  const page = document.querySelector("[data-testid=stMain]");

  if (shown !== data.step) scrollToTop();
  shown = data.step;
  if (wanted === shown) wanted = null;
  focusPage();

  /** Twice: what a key had set in motion may still move the page by a frame or two. */
  function scrollToTop() {
    page.scrollTop = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => (page.scrollTop = 0)));
  }

  /** Let the browser's own keys scroll the page, unless something on it has the focus. */
  function focusPage() {
    if (data.presenting && document.activeElement === document.body) page.focus({ preventScroll: true });
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    const turn = TURNS[event.key];
    const isPage = event.key.startsWith("Page");
    if (data.presenting && data.steps.length && turn && (isPage || !uses(target, USES_ARROWS))) {
      event.preventDefault();
      event.stopPropagation();
      const there = data.steps[data.steps.indexOf(wanted ?? shown) + turn];
      if (there) setTriggerValue("pressed", (wanted = there));
    } else if (data.presenting && event.key === "Escape") {
      leave(event);
    } else if (["p", "P", "ㅔ"].includes(event.key) && !event.isComposing && !uses(target, USES_LETTERS)) {
      if (data.presenting) leave(event);
      else {
        document.documentElement.requestFullscreen?.().catch(() => {});
        setTriggerValue("pressed", "present");
      }
    } else {
      focusPage();
    }
  }

  /** After an answer was clicked the arrows turn the step again. Who chose it by keys keeps them for the answers. */
  function onClick(event) {
    if (data.presenting && event.detail > 0 && event.target.closest("[role=radiogroup]")) {
      setTimeout(() => page.focus({ preventScroll: true }));
    }
  }

  function leave(event) {
    event.stopPropagation(); // it means nothing else to what has the focus
    if (document.fullscreenElement) document.exitFullscreen();
    setTriggerValue("pressed", "leave");
  }

  function onFullscreen() {
    if (!document.fullscreenElement && data.presenting) setTriggerValue("pressed", "leave");
  }

  listening.abort();
  const ears = new AbortController();
  listening = ears;
  document.addEventListener("keydown", onKey, { capture: true, signal: ears.signal });
  document.addEventListener("click", onClick, { capture: true, signal: ears.signal }); // an answer lets no click pass
  document.addEventListener("fullscreenchange", onFullscreen, { signal: ears.signal });
  // Says that keys are heard from now on: this script comes a moment after the page.
  document.documentElement.dataset.lessonKeys = data.presenting ? "presenting" : "ready";
  return () => {
    delete document.documentElement.dataset.lessonKeys;
    ears.abort();
  };
}
