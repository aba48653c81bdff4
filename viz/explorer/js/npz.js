/** Files for numpy: .npy (format 1.0) within a .zip without compression. */

/** [{name, array: npyOf...}] -> Uint8Array of a .npz. */
export function npzOf(entries) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const file = new TextEncoder().encode(`${name}.npy`);
    const shared = [20, 0x0800, 0, 0, 0x21]; // version 2.0, names in UTF-8, stored, midnight of 1 January 1980
    const sizes = [crc32(bytes), bytes.length, bytes.length];
    const local = numbers([4, 0x04034b50], ...shared.map((value) => [2, value]), ...sizes.map((value) => [4, value]), [2, file.length], [2, 0]);
    directory.push(numbers([4, 0x02014b50], [2, 20], ...shared.map((value) => [2, value]), ...sizes.map((value) => [4, value]), [2, file.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), file);
    parts.push(local, file, bytes);
    offset += local.length + file.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, size], [4, offset], [2, 0]);
  return joined([...parts, ...directory, end]);
}

/** A float32 array of a shape. */
export function npyOfFloats(values, shape) {
  return joined([npyHeader("<f4", shape), new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}

/** A list of texts, or with shape [] one text. */
export function npyOfTexts(texts, shape = [texts.length]) {
  const points = texts.map((text) => Array.from(text, (character) => character.codePointAt(0)));
  const width = Math.max(1, ...points.map((each) => each.length));
  const values = new Uint32Array(width * texts.length);
  points.forEach((each, index) => values.set(each, index * width));
  return joined([npyHeader(`<U${width}`, shape), new Uint8Array(values.buffer)]);
}

function npyHeader(type, shape) {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new TextEncoder().encode(`\u0000NUMPY\u0001\u0000\u0000\u0000${text.padEnd(length - 1)}\n`);
  bytes[0] = 0x93;
  new DataView(bytes.buffer).setUint16(8, length, true);
  return bytes;
}

/** [[bytes, value]] -> little-endian bytes. */
function numbers(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
  let place = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(place, value, true);
    else view.setUint32(place, value, true);
    place += size;
  }
  return new Uint8Array(view.buffer);
}

function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes;
}

/** CRC-32 of ISO 3309, as zip wants it. */
export function crc32(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return (rest ^ 0xffffffff) >>> 0;
}
