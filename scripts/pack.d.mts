export function pack(bytes: Uint8Array): Uint8Array;
export function textOf(bytes: Uint8Array): string;
