/** Colours of one theme, made ready for drawing. The colours themselves come from viz/figures/palette.py. */

const STEPS = 256;
const EVEN_LUMINANCE = 0.179; // black and white have the same contrast on it: (L + 0.05)² = 0.05 · 1.05

/** "dark" or "light" for a page whose background is known, else as the system has it. */
export function themeOf(setting, element) {
  if (setting === "light" || setting === "dark") return setting;
  const page = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const channels = page ? channelsOf(page) : null;
  if (channels) return luminance(channels) < 0.2 ? "dark" : "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Colours with ramps of 256 steps as CSS colours, and the same as 32-bit pixels. */
export function coloursFor(palette) {
  const weight = ramp(palette.weight);
  return {
    ...palette,
    weight,
    weightPixels: Uint32Array.from(weight, pixelOf),
    weightInk: weight.map(inkOn),
    negative: ramp(palette.negative),
    positive: ramp(palette.positive),
    head: (index) => (index < 0 ? palette.text : palette.heads[index % palette.heads.length]),
  };
}

/** Step of the ramp for a weight of 0 to 1. */
export function stepOf(weight, scale) {
  const share = scale === "linear" ? weight : Math.sqrt(weight);
  return Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1))));
}

/** CSS colour of a difference of -1 to 1. */
export function differenceColour(colours, value, scale) {
  return (value < 0 ? colours.negative : colours.positive)[stepOf(Math.abs(value), scale)];
}

/** Black or white, whichever is easier to read on a colour: one of the two always has a contrast of 4.5:1. */
export function inkOn(colour) {
  return luminance(channelsOf(colour)) > EVEN_LUMINANCE ? "#000000" : "#ffffff";
}

/** A colour with some transparency. */
export function withAlpha(colour, alpha) {
  const [red, green, blue] = channelsOf(colour);
  return `rgba(${red},${green},${blue},${alpha})`;
}

function ramp(stops) {
  const channels = stops.map(channelsOf);
  return Array.from({ length: STEPS }, (_, step) => {
    const place = (step / (STEPS - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    const mixed = channels[low].map((value, index) => Math.round(value + (channels[low + 1][index] - value) * (place - low)));
    return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  });
}

function channelsOf(colour) {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  if (hex) return [0, 2, 4].map((place) => parseInt(hex[1].slice(place, place + 2), 16));
  const short = /^#([0-9a-f]{3})$/i.exec(colour);
  if (short) return [...short[1]].map((digit) => 17 * parseInt(digit, 16));
  const numbers = colour.match(/[\d.]+/g);
  return numbers && numbers.length >= 3 ? numbers.slice(0, 3).map(Number) : null;
}

/** Relative luminance, 0 to 1 (WCAG 2). */
function luminance([red, green, blue]) {
  const light = (value) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue);
}

function pixelOf(colour) {
  const [red, green, blue] = channelsOf(colour);
  return (255 << 24) | (blue << 16) | (green << 8) | red;
}
