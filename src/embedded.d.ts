// What package.json's `imports` choose among the modules that scripts/build.mjs writes: for Node and its like the binaries, for bundles and browsers the packed ones.

declare module "#simd" {
  const binary: import("./binary.js").Embedded;
  export default binary;
}

/** The core with threads, in base64; a file beside async.js that is loaded when it is needed. */
declare module "#threads" {
  const base64: string;
  export default base64;
}

/** The core for slices, likewise. */
declare module "#slices" {
  const base64: string;
  export default base64;
}

declare module "#scalar" {
  const binary: import("./binary.js").Embedded;
  export default binary;
}
