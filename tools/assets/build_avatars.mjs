// Re-encode the parts of @dicebear/pixel-art as JSON: SVG fragments with {color} in place of colours.
//
//   node tools/assets/build_avatars.mjs WORK   # writes src/handeye/assets/avatars.json
//
// WORK holds the unpacked package; its only import, an escape function, is given as a stub.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const work = resolve(process.argv[2]);
const stub = join(work, "node_modules/@dicebear/core");
mkdirSync(stub, { recursive: true });
writeFileSync(join(stub, "package.json"), '{"name":"@dicebear/core","type":"module","main":"index.js"}');
writeFileSync(join(stub, "index.js"), "export const escape = { xml: (s) => s };");

const style = join(work, "dicebear-pixel-art-9.4.3/lib");
const { create, schema } = await import(pathToFileURL(join(style, "index.js")));
const parts = await import(pathToFileURL(join(style, "components/index.js")));

const names = new Proxy({}, { get: (_, name) => `{${String(name)}}` });
const pick = (list, fallback) => list[0] ?? fallback;
// With no part chosen what is left is the head and shoulders.
const options = { skinColor: ["SKIN"] };
const base = create({ prng: { pick, bool: () => false }, options }).body.replaceAll("#SKIN", "{skin}");

const order = ["accessories", "clothing", "eyes", "glasses", "beard", "mouth", "hair", "hat"];
const out = { base, order, parts: {}, colors: {}, chances: {} };
for (const part of order) {
  const variants = Object.keys(parts[part]).sort();
  out.parts[part] = Object.fromEntries(variants.map((v) => [v, parts[part][v]({}, names)]));
  const chance = schema.properties[`${part}Probability`];
  out.chances[part] = chance ? chance.default : 100;
}
for (const [key, value] of Object.entries(schema.properties)) {
  if (key.endsWith("Color") && value.default) out.colors[key.slice(0, -5)] = value.default;
}
const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(here, "../../src/handeye/assets/avatars.json");
writeFileSync(`${target}.tmp`, JSON.stringify(out, null, 0) + "\n");
renameSync(`${target}.tmp`, target);
console.log(target, Object.entries(out.parts).map(([k, v]) => `${k} ${Object.keys(v).length}`).join(", "));
