/** The core without SIMD, as a text. Written by `npm run build`. */
declare const binary: string;
export default binary;
