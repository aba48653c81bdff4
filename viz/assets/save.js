// Saves a Plotly figure of this page as SVG or PNG, with the app's font inside, so that it looks the same everywhere.
//
// data: { figure: key of the container that holds the figure, file: name without ending,
//         words: { png, svg, failed }, description: what the figure shows,
//         origin: lines that say where it comes from, if the figure does not }

const SVG = "http://www.w3.org/2000/svg";
const FAMILY = "Noto Sans KR";
const FONTS = [["400", "app/static/NotoSansKR-Regular.woff2"], ["700", "app/static/NotoSansKR-Bold.woff2"]];
const PNG_SCALE = 2;
const ORIGIN_PX = 13;
const LINE_HEIGHT = 1.5;

let fontRules = null;

async function dataUrl(url) {
  const answer = await fetch(new URL(url, document.baseURI));
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const blob = await answer.blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([blob], { type: "font/woff2" }));
  });
}

// The font as CSS rules, read once. A picture without its font is better than none.
async function embeddedFont() {
  if (fontRules === null) {
    try {
      const urls = await Promise.all(FONTS.map(([, url]) => dataUrl(url)));
      fontRules = FONTS.map(([weight], i) =>
        `@font-face{font-family:"${FAMILY}";font-weight:${weight};src:url(${urls[i]}) format("woff2")}`).join("");
    } catch {
      return "";
    }
  }
  return fontRules;
}

// One SVG document from the layers that Plotly stacks in the page.
function joined(plot, rules, { description, origin }) {
  const layers = [...plot.querySelectorAll(".main-svg")];
  // Its own size: in presenter mode it is drawn smaller.
  const [width, drawn] = [layers[0].width, layers[0].height].map((side) => Math.round(side.baseVal.value));
  const lines = origin.flatMap((text) => wrapped(text, width - 2 * ORIGIN_PX));
  const height = drawn + (lines.length ? Math.ceil((lines.length + 0.7) * ORIGIN_PX * LINE_HEIGHT) : 0);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("xmlns", SVG);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const desc = svg.appendChild(document.createElementNS(SVG, "desc"));
  desc.textContent = description;
  svg.appendChild(document.createElementNS(SVG, "style")).textContent = rules;
  const paper = svg.appendChild(document.createElementNS(SVG, "rect"));
  paper.setAttribute("width", width);
  paper.setAttribute("height", height);
  paper.setAttribute("fill", getComputedStyle(layers[0]).backgroundColor);
  for (const layer of layers) {
    const copy = layer.cloneNode(true);
    copy.querySelectorAll(".hoverlayer").forEach((hover) => hover.replaceChildren());
    copy.style.background = "none";
    copy.style.position = "static";
    svg.appendChild(copy);
  }
  lines.forEach((line, place) => {
    const text = svg.appendChild(document.createElementNS(SVG, "text"));
    text.setAttribute("x", ORIGIN_PX);
    text.setAttribute("y", drawn + (place + 0.8) * ORIGIN_PX * LINE_HEIGHT);
    text.setAttribute("style", `font: ${ORIGIN_PX}px "${FAMILY}"; fill: ${getComputedStyle(plot).color}`);
    text.textContent = line;
  });
  return { width, height, text: new XMLSerializer().serializeToString(svg) };
}

// A text in lines of this many pixels.
function wrapped(text, width) {
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = `${ORIGIN_PX}px "${FAMILY}"`;
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (lines.at(-1) && measure.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function asPng({ width, height, text }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"));
}

async function save(kind, data) {
  const plot = document.querySelector(`.st-key-${data.figure} .js-plotly-plot`);
  const picture = joined(plot, await embeddedFont(), data);
  if (kind === "png") return download(await asPng(picture), `${data.file}.png`);
  return download(new Blob([picture.text], { type: "image/svg+xml" }), `${data.file}.svg`);
}

export default function (component) {
  const { data, parentElement } = component;
  const row = parentElement.querySelector(".row");
  row.replaceChildren();
  const note = document.createElement("span");
  note.setAttribute("role", "status");
  for (const kind of ["png", "svg"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = data.words[kind];
    button.onclick = async () => {
      button.disabled = true;
      note.textContent = "";
      try {
        await save(kind, data);
      } catch (error) {
        console.warn(error);
        note.textContent = data.words.failed;
      } finally {
        button.disabled = false;
      }
    };
    row.appendChild(button);
  }
  row.appendChild(note);
}
