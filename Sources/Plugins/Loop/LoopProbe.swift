import DNSServer
import DNSWire

/// Asks the server its own question, again each second until there is an answer or half a minute has passed.
///
/// Unchecked Sendable: all of it happens on one worker's thread, to which it is handed over once.
final class LoopProbe: ReadinessTarget, TimerTarget, @unchecked Sendable {
    private let detector: LoopDetector
    private let address: SocketAddress
    private var socket: DatagramSocket?
    private var id: UInt16 = 0
    private var attempt: UInt64 = 0
    private var start: UInt64 = 0
    private var timer: WorkerTimer?

    private static let second: UInt64 = 1_000_000_000
    private static let duration = 30 * second
    private static let answerTime = 2 * second

    init(_ detector: LoopDetector, _ address: SocketAddress) {
        self.detector = detector
        self.address = address
    }

    /// Asks for the first time.
    ///
    /// Called on the worker's thread.
    func begin(on worker: Worker) {
        start = worker.now
        ask(worker)
    }

    private func ask(_ worker: Worker) {
        guard !detector.hasEnded, worker.now &- start < Self.duration else {
            detector.end()
            return
        }
        attempt += 1
        let wasSent = send(worker)
        if !wasSent { close(worker) }
        timer = worker.schedule(after: wasSent ? Self.answerTime : Self.second, self, token: attempt)
    }

    private func send(_ worker: Worker) -> Bool {
        id = UInt16(truncatingIfNeeded: worker.random.next())
        let question = Message(id: id, asking: Question(detector.name, .HINFO)).encoded()
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
        guard let socket else { return }
        worker.unwatch(socket.fd)
        self.socket = nil
    }

    func becameReady(_ worker: Worker) {
        guard let socket else { return }
        var buffer = [UInt8](repeating: 0, count: 512)
        var span = buffer.mutableSpan
        let length = socket.receive(into: &span)
        if length < 0 {
            retry(worker)
        } else if let header = MessageHeader(decoding: buffer.span.extracting(first: Int(length))), header.id == id,
            header.flags.isResponse
        {
            // Answered, so it went somewhere else than round in circles.
            if let timer { worker.cancel(timer) }
            close(worker)
            detector.end()
        }
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard token == attempt else { return }
        guard socket != nil else { return ask(worker) }
        retry(worker)
    }

    /// Nobody answered: counts anew, and asks again in a second.
    private func retry(_ worker: Worker) {
        if let timer { worker.cancel(timer) }
        close(worker)
        detector.forget()
        timer = worker.schedule(after: Self.second, self, token: attempt)
    }
}
