import DNSServer
import DNSWire

/// The engine's queries among all that wait in its worker: a line for each group, so that one whose upstreams hang cannot take
/// the places of another's.
extension ForwardEngine: WaitingTarget {
    /// Lets the exchange's query wait.
    func queueUp(_ exchange: ForwardExchange) {
        guard let query = exchange.query else { return }
        let line = lines[exchange.groupIndex] ?? worker.openLine(for: self)
        lines[exchange.groupIndex] = line
        // What goes out over TCP is a copy.
        let copies = exchange.holds.contains { $0.request != nil } ? query.message.count : 0
        exchange.ticket = worker.enter(line, query, token: UInt64(exchange.number), copies: copies)
    }

    /// Gives the exchange's place back, if it still has one.
    func leave(_ exchange: ForwardExchange) {
        guard let ticket = exchange.ticket else { return }
        exchange.ticket = nil
        worker.leave(ticket)
    }

    func giveUp(token: UInt64, worker: Worker) -> Bool {
        let exchange = exchanges[Int(token)]
        exchange.ticket = nil
        // It may have its reply already and be about to go on.
        guard exchange.outcome == .pending else { return false }
        conclude(exchange, .givenUp)
        return true
    }

    /// What becomes of the exchange's query.
    ///
    /// One that was given up gets no reply over UDP: its asker has most probably asked again, and a failure would only end a
    /// search that the next attempt can still bring to an end. Over TCP nobody asks again, and a lookup has a query behind it.
    func verdict(_ exchange: ForwardExchange) -> Verdict {
        switch exchange.outcome {
        case .reply: .reply
        case .givenUp where exchange.query?.transport == .udp && exchange.query?.isOwn == false: .drop
        case .givenUp: .fail(QueryFailure(.serverFailure, "given up for newer queries"))
        case .failed where exchange.query?.isLate == true: .fail(.deadlineExceeded)
        case .failed, .pending: .fail(exchange.queryFailure)
        }
    }

    /// Takes all that still wait out of the lines, and closes them.
    func closeLines() {
        for exchange in exchanges { leave(exchange) }
        for line in lines.compactMap(\.self) { worker.closeLine(line) }
        lines = lines.map { _ in nil }
    }
}
