import DNSServer
import Telemetry

/// What is done when somebody may know a port: whoever does has one guess less to make (RFC 5452 §4).
extension ForwardEngine {
    /// Somebody says that nobody listens where `socket` leads to: an ICMP message that quotes its port, from whomever.
    ///
    /// All that wait on it go on waiting, and meanwhile others are asked. When probes found the same, it is believed.
    func doubt(_ socket: UpstreamSocket, _ code: Int32) {
        socket.upstream.metrics.countDistrust(.refused, in: worker.shard)
        _ = routes[socket.groupIndex][socket.index].pool.retireEarly(socket, worker)
        for token in tokens(on: socket) {
            let leg = Self.leg(token)
            guard let exchange = exchange(token), exchange.holds[leg].socket === socket else { continue }
            if socket.upstream.isGone {
                refuse(exchange, leg, .system(code))
            } else {
                exchange.fail(.system(code), socket.upstream, over: socket)
                advance(exchange, .doubted(leg: leg))
            }
        }
    }

    /// Too many IDs that were never used came to `socket`: its queries are sent anew, each under another ID from another port.
    func burn(_ socket: UpstreamSocket) {
        socket.upstream.metrics.countDistrust(.unknownIDs, in: worker.shard)
        let waiting = tokens(on: socket)
        routes[socket.groupIndex][socket.index].pool.remove(socket, worker)
        for token in waiting {
            let leg = Self.leg(token)
            guard let exchange = exchange(token), exchange.holds[leg].socket === socket else { continue }
            exchange.holds[leg].socket = nil
            exchange.attempts.legs[leg].isRepeated = true
            exchange.attempts.legs[leg].lastSent = worker.now
            socket.upstream.metrics.repeats.increment(in: worker.shard)
            let wasSent = groups.with(exchange.groupIndex) { sendUDP(exchange, $0, leg) }
            if !wasSent { advance(exchange, .refused(leg: leg)) }
        }
    }

    /// The legs that wait on `socket`, by their tokens.
    private func tokens(on socket: UpstreamSocket) -> [UInt64] {
        socket.waiting.numbers.flatMap { number in
            let exchange = exchanges[number]
            return exchange.holds.indices.lazy.filter { exchange.holds[$0].socket === socket }.map {
                exchange.token(ofLeg: $0)
            }
        }
    }
}
