import DNSServer
import DNSWire

/// Asks an upstream that has failed, again and again until it answers in time (``Reliability``).
///
/// Any reply will do, whatever it says: what matters is that somebody is there. Over UDP each question has a socket, a port and
/// an ID of its own; upstreams over TLS and HTTPS, and over TCP with `force_tcp`, are asked over their connections. It runs on the
/// worker that saw the failure; at any time one worker alone probes an upstream.
///
/// Unchecked Sendable: only that worker's thread uses it; replies over connections come to it by ``Worker/execute(_:)``.
final class HealthProbe: TimerTarget, @unchecked Sendable {
    private let upstream: Upstream
    private let configuration: ForwardConfiguration
    private let worker: Worker
    private let whenDone: (HealthProbe) -> Void
    private let interval: UInt64
    private var datagram: LoneDatagram?
    private var request: TCPRequest?
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
        let question = question
        if configuration.forcesTCP || upstream.isStreamOnly {
            askOverConnection(question)
        } else if !askOverUDP(question) {
            return fail(isRefused: false)
        }
        timer = worker.schedule(after: Self.replyTime, self, token: turn)
    }

    private var question: [UInt8] {
        let domain = (try? Name(parsing: configuration.healthCheck.domain)) ?? .root
        var message = Message(id: UInt16(truncatingIfNeeded: worker.secrets.next()), asking: Question(domain, .NS))
        message.flags.recursionDesired = configuration.healthCheck.isRecursive
        return message.encoded()
    }

    private func askOverUDP(_ question: [UInt8]) -> Bool {
        do throws(SocketError) {
            datagram = try LoneDatagram(question, to: upstream, worker) { [unowned self] in take($0) }
            return true
        } catch {
            return false
        }
    }

    private func take(_ event: LoneDatagram.Event) {
        switch event {
        case .reply: succeed()
        case .refused: fail(isRefused: true)
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

    private func take(_ result: Result<[UInt8], TCPFailure>, _ turn: UInt64) {
        guard turn == self.turn, isAsking else { return }
        request = nil
        guard case .success = result else { return fail(isRefused: false) }
        succeed()
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard token == turn else { return }
        if isAsking { fail(isRefused: false) } else { begin() }
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
    private func fail(isRefused: Bool) {
        upstream.noteProbe(isRefused: isRefused)
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
        datagram?.close(worker)
        datagram = nil
    }

    /// Stops, and leaves the upstream to other probes.
    func end() {
        stopAsking()
        upstream.endProbing()
    }
}
