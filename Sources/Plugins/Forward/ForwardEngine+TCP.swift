import DNSServer
import DNSWire
import Telemetry

extension ForwardEngine {
    func sendTCP(_ exchange: ForwardExchange, _ leg: Int) -> Bool {
        guard let query = exchange.query else { return false }
        exchange.turnCase(false)
        let (token, sentAt) = (exchange.token(ofLeg: leg), exchange.holds[leg].sentAt)
        let upstream = exchange.holds[leg].upstream
        guard let room = bounds.reserve(query.message.count, over: upstream.target.transport) else {
            exchange.fail(.noRoom, upstream)
            groups.with(exchange.groupIndex) { $0.metrics.noRoom.increment(in: worker.shard) }
            return false
        }
        let request = TCPRequest(query.message.copy(), reservation: room) { [self] result in
            worker.execute { _ in self.take(result, token, sentAt) }
        }
        exchange.holds[leg].request = request
        upstream.stream.send(request)
        return true
    }

    private func take(_ result: Result<[UInt8], TCPFailure>, _ token: UInt64, _ sentAt: UInt64) {
        let leg = Self.leg(token)
        // The leg may have another request by now: they are never sent in the same turn.
        guard let exchange = exchange(token), exchange.holds.indices.contains(leg),
            let request = exchange.holds[leg].request, exchange.holds[leg].sentAt == sentAt
        else { return }
        exchange.holds[leg].request = nil
        switch result {
        case .success(let message):
            guard let header = MessageHeader(decoding: message.span),
                let reason = accept(message.span, header, exchange, leg, isDatagram: false)
            else { return }
            exchange.holds[leg].upstream.metrics.countIgnored(reason, in: worker.shard)
            if reason == .malformed {
                spoil(exchange, leg, .tcp, request)
            } else {
                refuse(exchange, leg, .malformed, request)
            }
        case .failure(let failure):
            refuse(exchange, leg, failure.forwardFailure, request)
        }
    }
}
