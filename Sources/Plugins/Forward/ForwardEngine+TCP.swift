import DNSServer
import DNSWire
import Telemetry

extension ForwardEngine {
    func sendTCP(_ exchange: ForwardExchange) -> Bool {
        guard let query = exchange.query, let upstream = exchange.upstream else { return false }
        let token = exchange.token
        let request = TCPRequest(query.message.copy()) { [self] result in
            worker.execute { _ in self.take(result, token) }
        }
        exchange.request = request
        upstream.stream.send(request)
        return true
    }

    private func take(_ result: Result<[UInt8], TCPFailure>, _ token: UInt64) {
        guard let exchange = exchange(token) else { return }
        exchange.request = nil
        switch result {
        case .success(let message):
            guard let header = MessageHeader(decoding: message.span),
                let reason = accept(message.span, header, exchange)
            else { return }
            exchange.upstream?.metrics.countIgnored(reason, in: worker.shard)
            fail(exchange, .malformed)
        case .failure(let failure):
            fail(exchange, failure.forwardFailure)
        }
    }
}
