// sharp at its defaults, as a contender: see worker.py for what goes in and comes out.
import { createInterface } from "node:readline";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";

const sharp = createRequire(process.argv[2] + "/")("sharp");
sharp.concurrency(1);
sharp.cache(false);

const within = (side) => ({ width: side, height: side, fit: "inside", withoutEnlargement: true });

for await (const line of createInterface({ input: process.stdin })) {
  const [picture, folder] = line.split(" ");
  const began = process.cpuUsage();
  const image = sharp(await readFile(picture));
  const high = await image.clone().resize(within(2000)).webp().toBuffer();
  const scaled = await image.clone().resize(within(400)).webp().toBuffer();
  await writeFile(`${folder}/high.webp`, high);
  await writeFile(`${folder}/scaled.webp`, scaled);
  const { user, system } = process.cpuUsage(began);
  console.log((user + system) / 1e6);
}
