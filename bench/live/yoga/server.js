// The same subscriptions by GraphQL Yoga and graphql-ws, as their documentation teaches, from the same upstream socket.
import { createServer } from 'node:http'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocket, WebSocketServer } from 'ws'

const typeDefs = /* GraphQL */ `
  type Query {
    isUp: Boolean!
  }

  type Subscription {
    liquidationOrders: LiveLiquidationsEvent!
    futuresTrades(exchange: String!, symbol: String!, minUsd: Int! = 10000): LiveTradesEvent!
    spotTrades(exchange: String!, symbol: String!, minUsd: Int! = 10000): LiveTradesEvent!
  }

  union LiveLiquidationsEvent = LiveLiquidationsUpdate | StreamStatus | Unavailable
  union LiveTradesEvent = LiveTradesUpdate | StreamStatus | Unavailable

  type LiveLiquidationsUpdate {
    cursor: String!
    data: LiveLiquidations!
  }

  type LiveTradesUpdate {
    cursor: String!
    data: LiveTrades!
  }

  type LiveLiquidations {
    orders: [LiquidationOrder!]!
  }

  type LiveTrades {
    trades: [Trade!]!
  }

  type LiquidationOrder {
    time: String
    exchange: String!
    symbol: String!
    side: OrderSide
    price: Float
    usd: Float
  }

  type Trade {
    time: String
    exchange: String!
    symbol: String!
    side: OrderSide
    price: Float
    usd: Float
  }

  enum OrderSide {
    BUY
    SELL
  }

  type StreamStatus {
    state: String!
    dropped: Int
    message: String!
  }

  interface Problem {
    code: String!
    message: String!
  }

  type Unavailable implements Problem {
    code: String!
    message: String!
  }
`

const upstream = new WebSocket(process.env.YOGA_UPSTREAM)
const pubSub = createPubSub()
const positions = new Map()

upstream.on('message', (message) => {
  const { channel, data } = JSON.parse(message)
  const position = (positions.get(channel) ?? 0) + 1
  positions.set(channel, position)
  pubSub.publish(channel, { cursor: `${channel}.${position}`, rows: data })
})

const row = {
  time: (event) => new Date(event.time).toISOString(),
  exchange: (event) => event.exName,
  side: (event) => (event.side === 1 ? 'SELL' : 'BUY'),
  usd: (event) => event.volUsd,
}

function subscribed(channel) {
  if (!positions.has(channel)) {
    positions.set(channel, 0)
    upstream.send(JSON.stringify({ method: 'subscribe', channels: [channel] }))
  }
  return pubSub.subscribe(channel)
}

function channelOf(channel, kind, rows) {
  return {
    subscribe: (_, { exchange, symbol, minUsd }) =>
      subscribed(exchange ? `${channel}@${exchange}_${symbol}@${minUsd}` : channel),
    resolve: (event) => ({ __typename: kind, cursor: event.cursor, data: { [rows]: event.rows } }),
  }
}

const yoga = createYoga({
  logging: 'error',
  schema: createSchema({
    typeDefs,
    resolvers: {
      Query: { isUp: () => true },
      Subscription: {
        liquidationOrders: channelOf('liquidationOrders', 'LiveLiquidationsUpdate', 'orders'),
        futuresTrades: channelOf('futures_trades', 'LiveTradesUpdate', 'trades'),
        spotTrades: channelOf('spot_trades', 'LiveTradesUpdate', 'trades'),
      },
      LiquidationOrder: row,
      Trade: row,
    },
  }),
})

const server = createServer(yoga)
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      })
      const document = parse(params.query)
      const errors = validate(schema, document)
      if (errors.length) return errors
      return {
        schema,
        operationName: params.operationName,
        document,
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
    },
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint }),
)

upstream.once('open', () => {
  server.listen(0, '127.0.0.1', () => {
    process.stderr.write(`yoga serves at http://127.0.0.1:${server.address().port}/\n`)
  })
})
process.stdin.resume().on('end', () => process.exit())
