// Decodes a LAZ file with laz-perf each time a line comes in, and answers with the number of points.
// Run in a folder where `npm install laz-perf` was done.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { create } = createRequire(`${process.cwd()}/`)('laz-perf').LazPerf;
const lazPerf = await create();
const bytes = readFileSync(process.argv[2]);
const file = lazPerf._malloc(bytes.length);
lazPerf.HEAPU8.set(bytes, file);

for await (const _ of createInterface({ input: process.stdin })) {
  const laszip = new lazPerf.LASZip();
  laszip.open(file, bytes.length);
  const count = laszip.getCount();
  const point = lazPerf._malloc(laszip.getPointLength());
  for (let i = 0; i < count; i++) laszip.getPoint(point);
  lazPerf._free(point);
  laszip.delete();
  console.log(count);
}
