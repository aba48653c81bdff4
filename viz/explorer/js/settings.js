/**
 * The second component of the app: invisible, it hands the settings (words, colours, theme, view) to the explorer, whose
 * own data are the bytes alone. It leaves them on the page and says so, since either of the two may come first.
 */
export default function ({ data, parentElement }) {
  globalThis.attentionExplorerSettings = data;
  globalThis.dispatchEvent(new Event("attention-explorer-settings"));
  const holder = (parentElement.host ?? parentElement).closest?.('[data-testid="stElementContainer"]');
  if (holder) holder.style.display = "none";
}
