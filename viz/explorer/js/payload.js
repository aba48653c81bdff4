/** Reads and checks the bytes that `payload()` of explorer.py packs; its docstring has the format. */

export const KINDS = ["encoder", "decoder", "cross"];
const VERSION = 1;
const LIMIT = 4096;

/** Uint8Array -> data, or an Error that says what is wrong. */
export function parsePayload(bytes) {
  if (!(bytes instanceof Uint8Array) || bytes.length < 6) throw new Error("payload: expected bytes");
  // The bytes may begin at an odd place of a larger buffer, where no 16-bit view can stand: copy them.
  const copy = bytes.slice();
  const headerLength = new DataView(copy.buffer).getUint32(0, true);
  if (headerLength % 2 || 4 + headerLength > copy.length) throw new Error("payload: broken header length");
  const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(copy.subarray(4, 4 + headerLength)));
  checkHeader(header);
  const weights = {};
  let offset = 4 + headerLength;
  for (const kind of KINDS) {
    const count = header.shapes[kind].reduce((product, size) => product * size, 1);
    if (offset + 2 * count > copy.length) throw new Error(`payload: weights of ${kind} are cut short`);
    weights[kind] = new Uint16Array(copy.buffer, offset, count);
    offset += 2 * count;
  }
  if (offset !== copy.length) throw new Error("payload: more bytes than weights");
  return { ...header, weights, bytes: copy };
}

function checkHeader(header) {
  if (header?.version !== VERSION) throw new Error(`payload: version ${header?.version}, expected ${VERSION}`);
  for (const name of ["sourceText", "targetText", "checkpoint", "decoding"]) {
    if (typeof header[name] !== "string") throw new Error(`payload: ${name} is no text`);
  }
  const [source, target] = [header.source?.length, header.target?.length];
  for (const kind of KINDS) {
    const shape = header.shapes?.[kind];
    const expected = [kind === "encoder" ? source : target, kind === "decoder" ? target : source];
    const fits = Array.isArray(shape) && shape.length === 4 && shape.every((n) => Number.isInteger(n) && n > 0 && n <= LIMIT);
    if (!fits || shape[2] !== expected[0] || shape[3] !== expected[1]) throw new Error(`payload: shape of ${kind} is ${shape}`);
  }
  checkUnits(header.source, source, header.sourceText);
  checkUnits(header.target, target, header.targetText);
  checkUnits(header.input, target, header.targetText);
  checkUnits(header.sourceWords, source, header.sourceText);
  checkUnits(header.targetWords, target, header.targetText);
  checkUnits(header.inputWords, target, header.targetText);
}

/** Each unit is [text, first token, number of tokens, start, end, special]; together they hold every token once. */
function checkUnits(units, count, text) {
  let next = 0;
  for (const [label, first, size, start, end] of units) {
    if (typeof label !== "string" || first !== next || !(size > 0)) throw new Error("payload: tokens are out of order");
    if (!(start >= 0 && start <= end && end <= text.length)) throw new Error("payload: a span lies outside of the text");
    next = first + size;
  }
  if (next !== count) throw new Error(`payload: ${next} tokens, expected ${count}`);
}

/** Base64 text -> Uint8Array. */
export function bytesOfBase64(text) {
  const characters = atob(text.trim());
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = characters.charCodeAt(index);
  return bytes;
}

/** Uint8Array -> base64 text, in pieces that fit the stack. */
export function base64OfBytes(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 32768) {
    text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  }
  return btoa(text);
}
