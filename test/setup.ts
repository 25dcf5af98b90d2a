/**
 * Properties draw from one seed, so that a run repeats. `FC_SEED=random npm test` explores, `FC_SEED=42` repeats another.
 */
import fc from 'fast-check'

const seed = process.env.FC_SEED ?? '20261123'
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) })
