// What package.json's `imports` choose among the modules that scripts/build.mjs writes: for Node and its like the binaries, for bundles and browsers the packed ones.

declare module "#simd" {
  const binary: import("./binary.js").Embedded;
  export default binary;
}

declare module "#scalar" {
  const binary: import("./binary.js").Embedded;
  export default binary;
}
