// Decodes LAZ files with laz-perf and prints a line for each: the number of points and the SHA-256 of their records.
// Run in a folder where `npm install laz-perf` was done.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { create } = createRequire(`${process.cwd()}/`)('laz-perf').LazPerf;
const lazPerf = await create();
for (const path of process.argv.slice(2)) {
  const bytes = readFileSync(path);
  const file = lazPerf._malloc(bytes.length);
  lazPerf.HEAPU8.set(bytes, file);
  const laszip = new lazPerf.LASZip();
  laszip.open(file, bytes.length);
  const count = laszip.getCount();
  const length = laszip.getPointLength();
  const point = lazPerf._malloc(length);
  const hash = createHash('sha256');
  for (let i = 0; i < count; i++) {
    laszip.getPoint(point);
    hash.update(lazPerf.HEAPU8.subarray(point, point + length));
  }

  laszip.delete();
  lazPerf._free(point);
  lazPerf._free(file);
  console.log(`${count} ${hash.digest('hex')}`);
}
