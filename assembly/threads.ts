// What the build with threads exports besides the ABI of assembly/index.ts. docs/abi.md describes it.

export { assist, formTeam, teamBytes } from "./team";
