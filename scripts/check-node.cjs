// Runs before every npm script that needs a current Node. The dev dependency `node` puts one first on the path by its
// install script; with install scripts off, `npm ci` succeeds and the scripts silently run on whatever Node is outside.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `prospect-sync needs Node 22.19 or later, and this is ${process.versions.node}. Fix: npm rebuild node`,
  )
  process.exit(1)
}
