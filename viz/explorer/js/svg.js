/**
 * A drawing surface with the methods of a 2D context that the views use; what it draws is kept as SVG.
 *
 * The font is named with others that machines have, not embedded: it would add a megabyte to each file. Every
 * text is held to the width that it was laid out with, so that with another font nothing overlaps or is cut.
 */

export class SvgContext {
  #measure = document.createElement("canvas").getContext("2d");
  #states = [];
  #matrix = [1, 0, 0, 1, 0, 0];
  #clips = [];
  #path = "";
  #box = null;
  #parts = [];
  #definitions = [];
  #family = "sans-serif"; // of all texts: said once
  isVector = true;
  fillStyle = "#000000";
  strokeStyle = "#000000";
  lineWidth = 1;
  globalAlpha = 1;
  font = "15px sans-serif";
  textAlign = "left";
  textBaseline = "alphabetic";

  save() {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline } = this;
    this.#states.push({ matrix: [...this.#matrix], clips: [...this.#clips], values: { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline } });
  }

  restore() {
    const state = this.#states.pop();
    if (!state) return;
    this.#matrix = state.matrix;
    this.#clips = state.clips;
    Object.assign(this, state.values);
  }

  translate(x, y) {
    const [a, b, c, d, e, f] = this.#matrix;
    this.#matrix = [a, b, c, d, a * x + c * y + e, b * x + d * y + f];
  }

  rotate(angle) {
    const [a, b, c, d, e, f] = this.#matrix;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    this.#matrix = [a * cos + c * sin, b * cos + d * sin, c * cos - a * sin, d * cos - b * sin, e, f];
  }

  beginPath() {
    this.#path = "";
    this.#box = null;
  }

  moveTo(x, y) {
    this.#path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x, y) {
    this.#path += `L${short(x)} ${short(y)}`;
  }

  bezierCurveTo(...numbers) {
    this.#path += `C${numbers.map(short).join(" ")}`;
  }

  rect(x, y, width, height) {
    this.#box = [x, y, width, height];
    this.#path += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`;
  }

  clip() {
    const id = `clip${this.#definitions.length}`;
    this.#definitions.push(`<clipPath id="${id}"><path d="${this.#path}"${this.#transform()}/></clipPath>`);
    this.#clips.push(id);
  }

  fill() {
    this.#add(`<path d="${this.#path}" ${this.#fill()}`);
  }

  stroke() {
    this.#add(`<path d="${this.#path}" fill="none" ${this.#stroke()}`);
  }

  fillRect(x, y, width, height) {
    this.#add(`<rect x="${short(x)}" y="${short(y)}" width="${short(Math.max(0, width))}" height="${short(Math.max(0, height))}" ${this.#fill()}`);
  }

  strokeRect(x, y, width, height) {
    this.#add(`<rect x="${short(x)}" y="${short(y)}" width="${short(Math.max(0, width))}" height="${short(Math.max(0, height))}" fill="none" ${this.#stroke()}`);
  }

  fillText(text, x, y) {
    const [, bold, size, family] = /^(bold )?([\d.]+)px (.*)$/.exec(this.font);
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const shift = this.textBaseline === "middle" ? Number(size) * 0.35 : 0;
    const weight = bold ? ' font-weight="bold"' : "";
    const width = text ? ` textLength="${short(this.measureText(text).width)}" lengthAdjust="spacingAndGlyphs"` : "";
    this.#family = family;
    this.#add(`<text x="${short(x)}" y="${short(y + shift)}" font-size="${size}"${weight} text-anchor="${anchor}"${width} ${this.#fill()}`, escapeXml(text), "text");
  }

  measureText(text) {
    this.#measure.font = this.font;
    return this.#measure.measureText(text);
  }

  /** A fill of slanted lines, for masked cells. */
  hatch(colour) {
    const id = "hatch";
    if (!this.#definitions.some((definition) => definition.includes(`id="${id}"`))) {
      this.#definitions.push(`<pattern id="${id}" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M0 8L8 0M-1 1L1 -1M7 9L9 7" stroke="${colour}" stroke-width="1"/></pattern>`);
    }
    return `url(#${id})`;
  }

  toString(width, height, title) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escapeXml(this.#family)}"><title>${escapeXml(title)}</title><defs>${this.#definitions.join("")}</defs>${this.#parts.join("")}</svg>`;
  }

  #transform() {
    const [a, b, c, d, e, f] = this.#matrix;
    return a === 1 && b === 0 && e === 0 && f === 0 ? "" : ` transform="matrix(${[a, b, c, d, e, f].map(short).join(" ")})"`;
  }

  #fill() {
    return `fill="${this.fillStyle}"${this.#alpha()}`;
  }

  #stroke() {
    return `stroke="${this.strokeStyle}" stroke-width="${short(this.lineWidth)}"${this.#alpha()}`;
  }

  #alpha() {
    return this.globalAlpha < 1 ? ` opacity="${short(this.globalAlpha)}"` : "";
  }

  #add(open, content, tag) {
    const shape = `${open}${this.#transform()}${tag ? `>${content}</${tag}>` : "/>"}`;
    const clip = this.#clips.at(-1);
    this.#parts.push(clip ? `<g clip-path="url(#${clip})">${shape}</g>` : shape);
  }
}

export function escapeXml(text) {
  // Control characters are not allowed in XML at all.
  const clean = [...String(text)].map((character) => (character < " " || (character >= "\u007f" && character < "\u00a0") ? " " : character)).join("");
  return clean.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function short(number) {
  return String(Math.round(number * 1000) / 1000);
}
