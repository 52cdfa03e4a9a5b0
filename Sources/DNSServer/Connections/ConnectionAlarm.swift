import NIOCore

/// Calls when a deadline has come that moves all the time: a task of the event loop that looks again later, instead of one for each move.
///
/// Used on its event loop only.
final class ConnectionAlarm {
    private let eventLoop: any EventLoop
    private var task: Scheduled<Void>?
    private var taskTime = NIODeadline.distantFuture

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Calls `look` at `time`, or before that, where it is to see what has become of the deadline and to set the alarm anew.
    func set(at time: NIODeadline, _ look: @escaping () -> Void) {
        if task != nil, taskTime <= time { return }
        task?.cancel()
        taskTime = time
        task = eventLoop.assumeIsolated().scheduleTask(deadline: time) { [weak self] in
            self?.task = nil
            look()
        }
    }

    /// Calls no more.
    func cancel() {
        task?.cancel()
        task = nil
    }
}
