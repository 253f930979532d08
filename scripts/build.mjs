// Compiles src/ into dist/ and copies what is not TypeScript (Lua scripts, plain workers). Incremental.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [src, dist] = [join(root, 'src'), join(root, 'dist')];
const IS_ASSET = /\.(lua|json|mjs|cjs|js|xml)$/;

const filesUnder = (directory) => readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

// A module that was removed or renamed in src/ must not live on in dist/.
if (existsSync(dist)) {
  for (const file of filesUnder(dist)) {
    const source = join(src, relative(dist, file));
    const typescript = source.replace(/\.js(\.map)?$/, '.ts');
    if (!file.endsWith('.tsbuildinfo') && !existsSync(source) && !existsSync(typescript)) rmSync(file);
  }
  // tsc trusts its build record; without any output the record is a lie.
  if (!existsSync(join(dist, 'lib/index.js'))) rmSync(join(dist, '.tsbuildinfo'), { force: true });
}

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const args = [tsc, '-p', join(root, 'tsconfig.build.json')];
const compiled = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const file of filesUnder(src).filter((name) => IS_ASSET.test(name))) {
  const target = join(dist, relative(src, file));
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(file).mtimeMs) continue;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(file, target);
}
