// Measures what a browser must fetch and run before the terminal can be used, and fails above the limit.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_KB = 120;
const OUT = '.svelte-kit/output/client';

const manifest: Record<string, { file: string; imports?: string[] }> = JSON.parse(readFileSync(`${OUT}/.vite/manifest.json`, 'utf8'));
const entries = Object.keys(manifest).filter((name) => /client-optimized\/app\.js$|client\/(client-)?entry\.js$/.test(name) || isShown(name));

function isShown(name: string): boolean {
  // node 0 is the layout; the terminal's is the page that brings the prompt
  if (/nodes\/0\.js$/.test(name)) return true;
  return /nodes\/\d+\.js$/.test(name) && readFileSync(`${OUT}/${manifest[name]?.file}`, 'utf8').includes('part-terminal');
}

const files = new Set<string>();
function add(name: string): void {
  const chunk = manifest[name];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  (chunk.imports ?? []).forEach(add);
}
entries.forEach(add);

const sizes = [...files].map((file) => [gzipSync(readFileSync(`${OUT}/${file}`)).length / 1024, file] as const).sort((a, b) => b[0] - a[0]);
const total = sizes.reduce((sum, [kb]) => sum + kb, 0);
for (const [kb, file] of sizes) console.log(`${kb.toFixed(1).padStart(7)} KB  ${file}`);
console.log(`${total.toFixed(1).padStart(7)} KB  gzip before the terminal can be used, of ${LIMIT_KB} KB (${files.size} of ${readdirSync(`${OUT}/_app/immutable/chunks`).length} chunks)`);
if (total > LIMIT_KB) process.exitCode = 1;
