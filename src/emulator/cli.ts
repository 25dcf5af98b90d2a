#!/usr/bin/env node
/**
 * The command `prospect-sync emulator`. This file is read by any Node, so it checks the version before it loads the rest.
 *
 * @module
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`prospect-sync needs Node 22.19 or later, and this is ${process.versions.node}.`)
  process.exitCode = 1
} else {
  const { run } = await import('./command.ts')
  process.exitCode = await run(process.argv.slice(2))
}
