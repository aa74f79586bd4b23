// oidc-provider (certified by the OpenID Foundation) on a free port of loopback, for the tests. Its first line of output
// is its origin. Beside what it serves as an identity provider:
//   POST /test/rotate    new keys sign from now on; the ones before stay published
//   POST /test/withdraw  only the newest keys stay published
//   GET  /test/asked     how often each path was asked for
// A token's algorithm is the end of the resource that it is asked for: urn:presignd:ES256.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const KINDS = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519', {}] }

function newKeys() {
  return Object.entries(KINDS).map(([alg, [kind, options]]) => {
    const { privateKey } = generateKeyPairSync(kind, options)
    return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `${alg}-${randomUUID()}` }
  })
}

function provider(origin, keys) {
  return new Provider(origin, {
    jwks: { keys },
    clients: [{ client_id: 'app', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    scopes: ['uploads'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          const format = resource.split(':').pop()
          const opaque = { scope: 'uploads', audience: 'presignd', accessTokenFormat: 'opaque' }
          return format in KINDS ? { ...opaque, accessTokenFormat: 'jwt', jwt: { sign: { alg: format } } } : opaque
        },
      },
    },
    ttl: { ClientCredentials: 3600 },
  }).callback()
}

let keys = newKeys()
let serve
const asked = {}
const server = createServer((request, response) => {
  const path = request.url.split('?')[0]
  if (!path.startsWith('/test/')) {
    asked[path] = (asked[path] ?? 0) + 1
    return serve(request, response)
  }
  if (path === '/test/rotate') keys = [...newKeys(), ...keys]
  if (path === '/test/withdraw') keys = keys.slice(0, Object.keys(KINDS).length)
  if (path !== '/test/asked') serve = provider(origin(), keys)
  response.setHeader('content-type', 'application/json').end(JSON.stringify(asked))
})
const origin = () => `http://127.0.0.1:${server.address().port}`
server.listen(0, '127.0.0.1', () => {
  serve = provider(origin(), keys)
  console.log(origin())
})
// It ends with whoever started it.
process.stdin.on('end', () => process.exit()).resume()
