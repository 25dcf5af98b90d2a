// Lets plain Node run what imports the package by its name from `src/`, so that nothing has to be built and nothing is stale:
//
//   node --import ./test/simulation/from-source.ts test/simulation/simulate.ts
import { createRequire, registerHooks } from 'node:module'

const src = new URL('../../src/', import.meta.url)

registerHooks({
  resolve(specifier, context, next) {
    const [, subpath] = /^prospect-sync(\/.+)?$/.exec(specifier) ?? []
    if (specifier === 'prospect-sync') return next(new URL('index.ts', src).href, context)
    if (subpath !== undefined) return next(new URL(`.${subpath}/index.ts`, src).href, context)
    return next(specifier, context)
  },
})

// The emulator loads its parser by `require`, which the build and vitest see to.
Object.assign(globalThis, { require: createRequire(import.meta.url) })
