/** What the joined program offers: the component of the app, the saved page, and the pure functions for tests. */

import { addressOf, viewOfAddress } from "./address.js";
import { componentOf, standaloneOf } from "./explorer.js";
import { npzOfAll } from "./files.js";
import { buildMaps, mapOf } from "./maps.js";
import { jensenShannonDistance, keptCells } from "./numbers.js";
import { parsePayload } from "./payload.js";
import { particle, percent, say } from "./say.js";
import { chainOf } from "./scene.js";
import { initialState, moveHead, togglePins, toggleTray, withView } from "./state.js";
import { tokenWeights } from "./tray.js";
import { columnsOf, isMasked, rowsOf, unitsOf } from "./units.js";

// `assets` is the parameter of the function around all files, see _program() of explorer.py.
export const component = componentOf(assets);
export const openStandalone = standaloneOf(assets);
export const testing = {
  parsePayload, unitsOf, rowsOf, columnsOf, isMasked, buildMaps, mapOf, keptCells, jensenShannonDistance, tokenWeights,
  say, particle, percent, initialState, withView, addressOf, viewOfAddress, moveHead, togglePins, toggleTray, npzOfAll, chainOf,
};
