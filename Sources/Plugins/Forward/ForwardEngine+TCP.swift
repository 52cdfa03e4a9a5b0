import DNSServer
import DNSWire
import Telemetry

extension ForwardEngine {
    func sendTCP(_ exchange: ForwardExchange, _ leg: Int) -> Bool {
        guard let query = exchange.query else { return false }
        let token = exchange.token(ofLeg: leg)
        let request = TCPRequest(query.message.copy()) { [self] result in
            worker.execute { _ in self.take(result, token) }
        }
        exchange.holds[leg].request = request
        exchange.holds[leg].upstream.stream.send(request)
        return true
    }

    private func take(_ result: Result<[UInt8], TCPFailure>, _ token: UInt64) {
        let leg = Self.leg(token)
        guard let exchange = exchange(token), exchange.holds.indices.contains(leg), exchange.holds[leg].request != nil
        else { return }
        exchange.holds[leg].request = nil
        switch result {
        case .success(let message):
            guard let header = MessageHeader(decoding: message.span),
                let reason = accept(message.span, header, exchange, leg)
            else { return }
            exchange.holds[leg].upstream.metrics.countIgnored(reason, in: worker.shard)
            refuse(exchange, leg, .malformed)
        case .failure(let failure):
            refuse(exchange, leg, failure.forwardFailure)
        }
    }
}
