/** The core with SIMD, as a text. Written by `npm run build`. */
declare const binary: string;
export default binary;
