/**
 * Keys of the lesson. In presenter mode Page Down and Page Up (what clickers send) and the arrows turn the step, Escape or
 * leaving full screen ends it; P enters and leaves it at any time.
 */

const TURNS = { PageDown: "next", ArrowRight: "next", PageUp: "back", ArrowLeft: "back" };
// What uses arrows or letters itself.
const BUSY = "input, textarea, select, [contenteditable], [role=slider], [role=radio], [role=radiogroup] *, [role=listbox] *";

export default function ({ data, setTriggerValue }) {
  const busy = (target) => target instanceof Element && target.matches(BUSY) && target.type !== "button";

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    const turn = TURNS[event.key];
    const isPage = event.key.startsWith("Page");
    if (data.presenting && turn && (isPage || !busy(target))) {
      event.preventDefault();
      event.stopPropagation();
      setTriggerValue("pressed", turn);
    } else if (data.presenting && event.key === "Escape") {
      leave();
    } else if (["p", "P", "ㅔ"].includes(event.key) && !event.isComposing && !busy(target)) {
      if (data.presenting) leave();
      else {
        document.documentElement.requestFullscreen?.().catch(() => {});
        setTriggerValue("pressed", "present");
      }
    }
  }

  function leave() {
    if (document.fullscreenElement) document.exitFullscreen();
    setTriggerValue("pressed", "leave");
  }

  function onFullscreen() {
    if (!document.fullscreenElement && data.presenting) setTriggerValue("pressed", "leave");
  }

  document.addEventListener("keydown", onKey, true);
  document.addEventListener("fullscreenchange", onFullscreen);
  // Says that keys are heard from now on: this script comes a moment after the page.
  document.documentElement.dataset.lessonKeys = data.presenting ? "presenting" : "ready";
  return () => {
    delete document.documentElement.dataset.lessonKeys;
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("fullscreenchange", onFullscreen);
  };
}
