import { defineConfig } from 'tsup'
import { writeNotices } from './scripts/notices.ts'

export default defineConfig({
  entry: ['src/index.ts', 'src/{rest,jsforce,emulator,testing}/index.ts', 'src/emulator/cli.ts'],
  format: ['esm'],
  target: 'node22.19',
  platform: 'node',
  splitting: true,
  treeshake: false,
  sourcemap: true,
  dts: true,
  // `--no-dts` is the quick build of the npm scripts: it must leave the declarations of a full build alone.
  clean: !process.argv.includes('--no-dts'),
  // The default strips `node:`, which breaks `node:sqlite` at run time.
  removeNodeProtocol: false,
  external: [/^prospect-sync(\/|$)/],
  onSuccess: async () => writeNotices(import.meta.dirname),
})
