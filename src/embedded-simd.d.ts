/** The core with SIMD, in hexadecimal. Written by `npm run build`. */
declare const binary: string;
export default binary;
