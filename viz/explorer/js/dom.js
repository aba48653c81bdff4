/** Elements of the page. Text goes in as text, never as HTML. */

/** el("button.word", {type: "button", onclick}, "text", child): an element with properties, attributes and children. */
export function el(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Sets text only if it changes. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute only if it changes. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Sets a style only if it changes. */
export function setStyle(element, name, value) {
  if (element.style[name] !== value) element.style[name] = value;
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** A group of buttons of which one is pressed: {element, show(value)}. `options`: [[value, text, title?]]. */
export function choice(label, options, onChoose) {
  const buttons = options.map(([value, text, title]) =>
    el("button", { type: "button", title, "data-value": value, onclick: () => onChoose(value) }, text),
  );
  const element = el("div.choice", { role: "group", "aria-label": label }, ...buttons);
  return {
    element,
    show(value) {
      buttons.forEach((button, index) => setAttribute(button, "aria-pressed", String(options[index][0] === value)));
    },
  };
}

/** Runs a render function only if one of the values that it depends on has changed. */
export function whenChanged(render) {
  let before = null;
  return (values, ...rest) => {
    if (before && values.length === before.length && values.every((value, index) => value === before[index])) return;
    before = values;
    render(...rest);
  };
}
