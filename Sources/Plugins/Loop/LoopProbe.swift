import DNSServer
import DNSWire
import Logging

/// Does what a ``LoopWatch`` says: asks the server its own questions, and tells what becomes of them.
///
/// Unchecked Sendable: all of it happens on one worker's thread, to which it is handed over once.
final class LoopProbe: ReadinessTarget, TimerTarget, @unchecked Sendable {
    /// What others have to be told.
    enum Report: Equatable {
        case suspected, gone, undecided, contained, lasting
    }

    private let detector: LoopDetector
    private let address: SocketAddress
    private let logger: Logger
    private let isOwn: (SocketAddress) -> Bool
    private let report: (Report, SocketAddress) -> Void
    private var watch: LoopWatch
    private var socket: DatagramSocket?
    private var id: UInt16 = 0
    private var round = 0
    /// Who sent the question that came back.
    private var sender = SocketAddress.none
    private var timer: WorkerTimer?
    private var timers: UInt64 = 0

    /// - Parameters:
    ///   - address: where the server listens.
    ///   - isOwn: whether this host sends from an address.
    ///   - report: is told what is found of a loop, and who sent the question that came back.
    init(
        _ detector: LoopDetector, _ address: SocketAddress, _ watch: LoopWatch, _ logger: Logger,
        isOwn: @escaping (SocketAddress) -> Bool, report: @escaping (Report, SocketAddress) -> Void
    ) {
        self.detector = detector
        self.address = address
        self.watch = watch
        self.logger = logger
        self.isOwn = isOwn
        self.report = report
    }

    // MARK: Events, on the worker's thread

    /// Asks for the first time.
    func begin(on worker: Worker) {
        take(.began, worker)
    }

    /// The question of `round` has come back.
    func seen(_ round: Int, from sender: SocketAddress, on worker: Worker) {
        guard round == self.round else { return }
        self.sender = sender
        if detector.isContained { detector.contain(sender) }
        take(isOwn(sender) ? .seenAgain : .seenFromAfar, worker)
    }

    func becameReady(_ worker: Worker) {
        guard let socket else { return }
        var buffer = [UInt8](repeating: 0, count: 512)
        var span = buffer.mutableSpan
        let length = socket.receive(into: &span)
        guard length >= 0 else { return take(.unanswered, worker) }
        guard let header = MessageHeader(decoding: buffer.span.extracting(first: Int(length))), header.id == id,
            header.flags.isResponse
        else { return }
        let code = ResponseCode(rawValue: UInt16(header.flags.responseCode))
        take(.answered(isFailure: code != .noError && code != .nameError), worker)
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard token == timers else { return }
        take(.timeIsUp, worker)
    }

    // MARK: Actions

    private func take(_ event: LoopWatch.Event, _ worker: Worker) {
        guard !detector.hasEnded else { return close(worker) }
        logger.debug("question \(round): \(event)")
        for action in watch.take(event, at: worker.now) { perform(action, worker) }
    }

    private func perform(_ action: LoopWatch.Action, _ worker: Worker) {
        switch action {
        case .ask(let answerTime):
            setTimer(answerTime, worker)
            if !ask(worker) { take(.unanswered, worker) }
        case .pause(let time):
            close(worker)
            setTimer(time, worker)
        case .suspect:
            detector.isSuspicious = true
            report(.suspected, sender)
        case .contain:
            detector.contain(sender)
            report(.contained, sender)
        case .acquit: report(.gone, sender)
        case .giveUp: report(.undecided, sender)
        case .convict: report(.lasting, sender)
        case .end:
            close(worker)
            detector.end()
        }
    }

    private func setTimer(_ time: UInt64, _ worker: Worker) {
        if let timer { worker.cancel(timer) }
        timers += 1
        timer = worker.schedule(after: time, self, token: timers)
    }

    private func ask(_ worker: Worker) -> Bool {
        guard let (name, round) = detector.beginRound() else { return false }
        self.round = round
        id = UInt16(truncatingIfNeeded: worker.random.next())
        let question = Message(id: id, asking: Question(name, .HINFO)).encoded()
        do throws(SocketError) {
            let socket = try DatagramSocket(connectedTo: address)
            try worker.watch(socket.fd, self)
            self.socket = socket
            return socket.send(question.span) == Int32(question.count)
        } catch {
            return false
        }
    }

    private func close(_ worker: Worker) {
        if let timer { worker.cancel(timer) }
        timer = nil
        guard let socket else { return }
        worker.unwatch(socket.fd)
        self.socket = nil
    }
}
