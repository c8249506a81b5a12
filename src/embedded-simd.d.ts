import type { Packed } from "./core.js";

declare const binary: Packed;
export default binary;
