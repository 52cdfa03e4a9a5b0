import CDatagram
import Glibc
import Synchronization

/// The one way out for lines on a standard stream: queued for a thread of its own, which alone may have to wait for the reader.
///
/// A reader that is slow, or none at all, must stop nothing else: what does not fit into the queue is dropped, whole lines, and counted.
/// The stream itself is left as it is (other processes may share it), so that a write to it can block.
package final class LineWriter: Sendable {
    package static let output = LineWriter(STDOUT_FILENO)
    package static let error = LineWriter(STDERR_FILENO)

    private let descriptor: Int32
    private let limit: Int
    private let wakeup = cdg_wakeup_create()
    private let state = Mutex(State())

    fileprivate struct State {
        var queue: [UInt8] = []
        /// Memory for the next queue.
        var spare: [UInt8] = []
        /// Whether what was taken out of the queue is being written.
        var isWriting = false
        /// Whether the thread has to be woken.
        var isResting = false
        var hasThread = false
        var droppedLines = 0
    }

    /// A pipe takes so many octets as one piece or not at all (PIPE_BUF), so that the lines of processes that share it stay whole.
    private static let chunk = 4_096
    /// How much memory is kept for the next queue.
    private static let keptCapacity = 64 << 10

    /// - Parameter limit: how many octets may wait, besides as many that are being written.
    package init(_ descriptor: Int32, limit: Int = 256 << 10) {
        self.descriptor = descriptor
        self.limit = limit
    }

    // MARK: From any thread

    /// Queues `lines`, the last of which ends with a newline; never waits.
    package func write(_ lines: [UInt8]) {
        let (mustStart, mustWake) = state.withLock { state in
            state.append(lines, limit: limit)
            defer { (state.hasThread, state.isResting) = (true, false) }
            return (!state.hasThread, state.isResting)
        }
        if mustStart { start() }
        if mustWake { cdg_wakeup_send(wakeup) }
    }

    /// Waits until all that was queued is written, but no longer than `milliseconds`: for the end of the process.
    package func drain(milliseconds: Int) {
        for _ in 0..<max(1, milliseconds) {
            let (isDone, hasThread) = state.withLock { ($0.queue.isEmpty && !$0.isWriting, $0.hasThread) }
            if isDone { return }
            // Without a thread, when there are too few, the caller writes.
            if !hasThread, cdg_wait_writable(descriptor, 1) { writeQueue() }
            usleep(1_000)
        }
    }

    /// How many lines did not find room so far.
    package var droppedLines: Int { state.withLock { $0.droppedLines } }

    /// The same of both standard streams.
    static var allDroppedLines: Int { output.droppedLines + error.droppedLines }

    // MARK: The thread

    private func start() {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let writer = unsafe Unmanaged<LineWriter>.fromOpaque(context).takeRetainedValue()
                unsafe cdg_name_thread("lines")
                while true {
                    if !writer.writeQueue() { writer.rest() }
                }
            }, context)
        guard status == 0 else {
            unsafe Unmanaged<LineWriter>.fromOpaque(context).release()
            return state.withLock { $0.hasThread = false }
        }
        pthread_detach(thread)
    }

    private func rest() {
        var item = pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&item, 1, -1)
        cdg_wakeup_clear(wakeup)
    }

    /// Writes what is queued, however long that takes; false when there was nothing.
    @discardableResult
    private func writeQueue() -> Bool {
        var lines: [UInt8] = state.withLock { state in
            var lines: [UInt8] = []
            guard !state.queue.isEmpty else {
                state.isResting = true
                return lines
            }
            swap(&lines, &state.queue)
            swap(&state.queue, &state.spare)
            state.isWriting = true
            return lines
        }
        guard !lines.isEmpty else { return false }
        let written = write(all: lines)
        let dropped = lines[written...].count { $0 == 0x0A }
        lines.removeAll(keepingCapacity: true)
        state.withLock { [lines] state in
            state.isWriting = false
            state.droppedLines += dropped
            if lines.capacity <= Self.keptCapacity { state.spare = lines }
        }
        return true
    }

    /// Gives how many octets were taken before the stream failed.
    private func write(all lines: [UInt8]) -> Int {
        var offset = 0
        while offset < lines.count {
            let length = Self.chunkLength(lines, from: offset)
            let written = unsafe lines.withUnsafeBytes { buffer in
                unsafe buffer.baseAddress.map { unsafe Glibc.write(descriptor, $0 + offset, length) } ?? 0
            }
            if written > 0 {
                offset += written
            } else if errno == EAGAIN {
                // Somebody who shares the stream does not want it to block.
                _ = cdg_wait_writable(descriptor, -1)
            } else if errno != EINTR {
                break
            }
        }
        return offset
    }

    /// As many whole lines as fit a chunk; a longer line is cut.
    private static func chunkLength(_ lines: [UInt8], from offset: Int) -> Int {
        let limit = min(lines.count, offset + chunk)
        guard limit < lines.count, let newline = lines[offset..<limit].lastIndex(of: 0x0A) else {
            return limit - offset
        }
        return newline + 1 - offset
    }
}

extension LineWriter.State {
    /// Takes in the whole lines for which there is room, and counts the others.
    mutating func append(_ lines: [UInt8], limit: Int) {
        let room = limit - queue.count
        guard lines.count > room else { return queue += lines }
        let end = lines.prefix(max(0, room)).lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        queue += lines[..<end]
        droppedLines += lines[end...].count { $0 == 0x0A }
    }
}
