// The signatures of a WebAssembly binary's exported functions, which the JavaScript API does not tell: it knows the number of parameters only.
// W3C: "WebAssembly Core Specification", 5.5 Modules.

const SECTION = { type: 1, function: 3, export: 7 };
const FUNCTION = 0;
const VALUE_TYPES: Readonly<Record<number, string>> = { 127: "i32", 126: "i64", 125: "f32", 124: "f64", 123: "v128" };

/** "(network: i32) -> f64" without its names, "(i32) -> f64", for each exported function. For modules that import no functions. */
export function signaturesOf(binary: Uint8Array): Map<string, string> {
  let at = 8; // behind magic number and version
  const byte = () => binary[at++] as number;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const part = byte();
      value += (part & 127) * 2 ** shift;
      if (part < 128) return value;
    }
  };
  const list = <E>(read: () => E): E[] => Array.from({ length: number() }, read);
  const types = () => list(() => VALUE_TYPES[byte()] ?? "?").join(", ");
  const name = () => {
    const length = number();
    at += length;
    return new TextDecoder().decode(binary.subarray(at - length, at));
  };

  let signatures: string[] = [];
  let typeOf: number[] = [];
  let exported: { name: string; kind: number; index: number }[] = [];
  while (at < binary.length) {
    const id = byte();
    const end = number() + at;
    if (id === SECTION.type) {
      signatures = list(() => {
        byte(); // 0x60, a function type
        const parameters = types();
        const results = types();
        return `(${parameters}) -> ${results || "()"}`;
      });
    }
    if (id === SECTION.function) typeOf = list(number);
    if (id === SECTION.export) exported = list(() => ({ name: name(), kind: byte(), index: number() }));
    at = end;
  }
  return new Map(
    exported.filter(({ kind }) => kind === FUNCTION).map(({ name, index }) => [name, signatures[typeOf[index] as number] as string]),
  );
}
