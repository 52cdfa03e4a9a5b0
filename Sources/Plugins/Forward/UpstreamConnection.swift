import NIOCore

/// One connection to an upstream, and the queries that wait for replies on it.
///
/// Unchecked Sendable: it is used on its event loop only.
final class UpstreamConnection: @unchecked Sendable {
    private unowned let upstream: StreamUpstream
    private let settings: StreamSettings
    private let carrier: any UpstreamCarrier
    /// The connection, from the moment on at which queries can be sent over it.
    private var channel: (any Channel)?
    /// The address that the connection is made from.
    private var local: String?
    private var pending: [UInt16: TCPRequest] = [:]
    /// What waits for the connection, or for the upstream to read what it was sent.
    private var unsent = CircularBuffer<UInt16>()
    private var replies = 0
    private var stall = StallWatch()
    private var idle: Scheduled<Void>?
    private var age: Scheduled<Void>?
    private var isClosed = false
    private var random = SystemRandomNumberGenerator()
    /// Whether it takes no more queries.
    private(set) var isRetired = false

    init(_ upstream: StreamUpstream) {
        self.upstream = upstream
        settings = upstream.settings
        carrier = settings.makeCarrier()
    }

    /// Queries that wait for replies.
    var pendingCount: Int { pending.count }

    // MARK: Life

    func open() {
        UpstreamConnector.connect(settings).whenComplete { result in
            switch result {
            case .success(let channel): self.opened(channel)
            case .failure(let error): self.fail(.noConnection(TCPFailure.reason(error)))
            }
        }
    }

    /// The connection is there: what waits is sent over it.
    func opened(_ channel: any Channel) {
        guard !isClosed else { return channel.close(promise: nil) }
        self.channel = channel
        local = channel.localAddress.flatMap { address in
            address.ipAddress.map { "\(address.protocol == .inet6 ? "[\($0)]" : $0):\(address.port ?? 0)" }
        }
        do {
            try carrier.begin(on: channel, for: self)
        } catch {
            return fail(.noConnection(TCPFailure.reason(error)))
        }
        if settings.maximumAge > .zero {
            age = StreamLoop.shared.scheduleTask(in: TimeAmount(settings.maximumAge)) { self.retire() }
        }
        goOn()
        startIdling()
    }

    /// Takes no more queries, and closes after the last reply.
    func retire() {
        isRetired = true
        startIdling()
    }

    /// Closes; what waits fails.
    func close() {
        fail(.disconnected)
    }

    private func fail(_ failure: TCPFailure) {
        for request in end() { request.complete(.failure(failure)) }
    }

    /// Ends the connection and gives what waited on it.
    private func end() -> [TCPRequest] {
        guard !isClosed else { return [] }
        isClosed = true
        idle?.cancel()
        age?.cancel()
        channel?.close(promise: nil)
        upstream.remove(self)
        let requests = pending.values.filter { !$0.isDone }
        pending = [:]
        unsent.removeAll()
        return requests
    }

    /// The upstream closed, or stalls.
    ///
    /// A connection that had served before gets its queries sent again once.
    private func end(resending wasUsed: Bool) {
        // A connection that was closed here ends a little later, and maybe after its upstream.
        guard !isClosed else { return }
        let requests = end()
        let again = requests.filter { wasUsed && !$0.wasResent }
        for request in requests where !wasUsed || request.wasResent { request.complete(.failure(.disconnected)) }
        upstream.resend(again)
    }

    /// Closes the connection when nothing is asked over it for a while, or when it is one too many.
    private func startIdling() {
        guard pending.isEmpty, !isClosed, channel != nil else { return }
        guard !isRetired, !upstream.isSurplus(self) else { return close() }
        idle?.cancel()
        idle = StreamLoop.shared.scheduleTask(in: TimeAmount(settings.expire)) { self.close() }
    }

    // MARK: Queries

    func send(_ request: TCPRequest) {
        idle?.cancel()
        stall.sent(isAlone: pending.isEmpty, at: .now())
        let id = unusedID()
        request.abandon = { [weak self] in self?.abandon(id) }
        pending[id] = request
        unsent.append(id)
        goOn()
    }

    /// Sends what waits, as far as the upstream takes it.
    func goOn() {
        guard channel != nil, !isClosed else { return }
        while carrier.hasRoom, let id = unsent.popFirst() {
            guard let request = pending[id] else { continue }
            request.leaves(from: local)
            carrier.send(request, id: id)
        }
    }

    private func unusedID() -> UInt16 {
        while true {
            let id = UInt16.random(in: .min ... .max, using: &random)
            if pending[id] == nil { return id }
        }
    }

    /// A query on this connection was given up.
    ///
    /// If nothing at all comes the connection stalls, and the others on it had better go elsewhere. One that is still being
    /// made goes on being made: the next query finds it ready.
    private func abandon(_ id: UInt16) {
        pending[id] = nil
        unsent.removeAll { $0 == id }
        guard channel != nil else { return }
        carrier.drop(id)
        if stall.isStalled(at: .now()) { end(resending: true) } else { startIdling() }
    }

    // MARK: What the carrier tells

    /// Something has come that nobody waits for any more.
    func heard() {
        stall.heard()
    }

    /// A reply has come, or what stands in its place.
    func received(_ result: Result<[UInt8], TCPFailure>, for id: UInt16) {
        heard()
        guard let request = pending.removeValue(forKey: id) else { return }
        replies += 1
        request.complete(result)
        startIdling()
    }

    /// One query came to nothing.
    func lost(_ id: UInt16) {
        guard channel?.isActive == true else { return lost() }
        guard let request = pending.removeValue(forKey: id) else { return }
        defer { startIdling() }
        guard replies > 0, !request.wasResent else { return request.complete(.failure(.disconnected)) }
        // If the upstream is about to end the whole connection, that is told first.
        StreamLoop.shared.execute { [upstream] in upstream.resend([request]) }
    }

    /// The upstream closed the connection, or says what cannot be understood.
    func lost() {
        end(resending: replies > 0)
    }

    /// The upstream does what no server does; what waits on the connection is not sent to it again.
    func misbehaved(_ failure: TCPFailure) {
        fail(failure)
    }
}
