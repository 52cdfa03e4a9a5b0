import DNSServer
import DNSWire
import Glibc

/// Asks an upstream that has failed, again and again until it answers in time (``Reliability``).
///
/// Any reply will do, whatever it says: what matters is that somebody is there. Over UDP each question has a socket, a port and
/// an ID of its own; upstreams over TLS and HTTPS, and over TCP with `force_tcp`, are asked over their connections. It runs on the
/// worker that saw the failure; at any time one worker alone probes an upstream.
///
/// Unchecked Sendable: only that worker's thread uses it; replies over connections come to it by ``Worker/execute(_:)``.
final class HealthProbe: ReadinessTarget, TimerTarget, @unchecked Sendable {
    private let upstream: Upstream
    private let configuration: ForwardConfiguration
    private let worker: Worker
    private let whenDone: (HealthProbe) -> Void
    private let interval: UInt64
    private var socket: DatagramSocket?
    private var request: TCPRequest?
    private var id: UInt16 = 0
    private var timer: WorkerTimer?
    /// Changes with each question and each pause.
    private var turn: UInt64 = 0
    private var isAsking = false

    private static let replyTime: UInt64 = 1_000_000_000
    /// The longest pause once an upstream answers again: it shall not be mistrusted for long.
    private static let trustInterval: UInt64 = 500_000_000
    /// An interval of 0 shall not become a storm.
    private static let shortestInterval: UInt64 = 10_000_000

    init(
        _ upstream: Upstream, _ configuration: ForwardConfiguration, _ worker: Worker,
        whenDone: @escaping (HealthProbe) -> Void
    ) {
        self.upstream = upstream
        self.configuration = configuration
        self.worker = worker
        self.whenDone = whenDone
        interval = max(configuration.healthCheck.interval.wholeNanoseconds, Self.shortestInterval)
    }

    /// Asks for the first time.
    func begin() {
        turn += 1
        isAsking = true
        id = UInt16(truncatingIfNeeded: worker.random.next() >> 16)
        let question = question
        if configuration.forcesTCP || upstream.isStreamOnly {
            askOverConnection(question)
        } else if !askOverUDP(question) {
            return fail()
        }
        timer = worker.schedule(after: Self.replyTime, self, token: turn)
    }

    private var question: [UInt8] {
        let domain = (try? Name(parsing: configuration.healthCheck.domain)) ?? .root
        var message = Message(id: id, asking: Question(domain, .NS))
        message.flags.recursionDesired = configuration.healthCheck.isRecursive
        return message.encoded()
    }

    private func askOverUDP(_ question: [UInt8]) -> Bool {
        do throws(SocketError) {
            let socket = try DatagramSocket(connectedTo: upstream.address, from: upstream.source)
            try worker.watch(socket.fd, self)
            self.socket = socket
            return socket.send(question.span) >= 0
        } catch {
            return false
        }
    }

    private func askOverConnection(_ question: [UInt8]) {
        let turn = turn
        let request = TCPRequest(question, isProbe: true) { [self] result in
            worker.execute { _ in self.take(result, turn) }
        }
        self.request = request
        upstream.stream.send(request)
    }

    func becameReady(_ worker: Worker) {
        guard let socket else { return }
        var buffer = [UInt8](repeating: 0, count: 512)
        var memory = buffer.mutableSpan
        let length = socket.receive(into: &memory)
        // A datagram whose checksum is wrong wakes, and is not there.
        guard length != -EAGAIN, length != -EINTR else { return }
        guard length >= 0 else { return fail() }
        if isReply(buffer.span.extracting(first: Int(length))) { succeed() }
    }

    private func take(_ result: Result<[UInt8], TCPFailure>, _ turn: UInt64) {
        guard turn == self.turn, isAsking else { return }
        request = nil
        guard case .success = result else { return fail() }
        succeed()
    }

    private func isReply(_ message: Span<UInt8>) -> Bool {
        guard let header = MessageHeader(decoding: message) else { return false }
        return header.id == id && header.flags.isResponse
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard token == turn else { return }
        if isAsking { fail() } else { begin() }
    }

    /// The upstream is there; as long as it is suspect it is asked again, to see whether it stays so.
    private func succeed() {
        upstream.hear()
        upstream.reliability.noteProbeInTime()
        guard upstream.reliability.isSuspect else {
            end()
            return whenDone(self)
        }
        pause(min(interval, Self.trustInterval))
    }

    /// Counts the failure and asks again after the interval.
    private func fail() {
        upstream.metrics.countHealthFailure(in: worker.shard)
        upstream.fail()
        _ = upstream.reliability.noteLate()
        pause(interval)
    }

    private func pause(_ time: UInt64) {
        stopAsking()
        timer = worker.schedule(after: time, self, token: turn)
    }

    private func stopAsking() {
        turn += 1
        isAsking = false
        if let timer { worker.cancel(timer) }
        timer = nil
        if let request { upstream.stream.cancel(request) }
        request = nil
        guard let socket else { return }
        worker.unwatch(socket.fd)
        self.socket = nil
    }

    /// Stops, and leaves the upstream to other probes.
    func end() {
        stopAsking()
        upstream.endProbing()
    }
}
