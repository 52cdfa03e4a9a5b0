/// When the next picture of a cluster may be made.
///
/// Pictures take a fifth of the thread's time at most: a cluster in uproar costs a bounded share of one processor. What is not used of it is
/// kept for a while, so that ordinary changes are published at once, several after each other too.
struct PublicationPace: Sendable {
    /// The part of the time that passes that pictures may take.
    static let share = 5
    /// The most that is kept: some dozens of ordinary pictures.
    static let mostCredit = Duration.milliseconds(1)
    /// The time between two pictures while the state is not known as a whole: working a service in once, with all there is to it, is cheaper.
    static let startPause = Duration.milliseconds(100)

    private var credit = Self.mostCredit
    private var counted: Duration?
    private var last: Duration?

    init() {}

    /// How long to wait before the next picture.
    ///
    /// - Parameters:
    ///   - now: the time since some fixed moment.
    ///   - isComplete: whether the state is known as a whole.
    mutating func pause(now: Duration, isComplete: Bool) -> Duration {
        if let counted { credit = min(Self.mostCredit, credit + (now - counted) / Self.share) }
        counted = now
        let pause = credit > .zero ? .zero : Duration.nanoseconds(1) - credit * Self.share
        guard !isComplete, let last else { return pause }
        return max(pause, last + Self.startPause - now)
    }

    /// A picture was made.
    mutating func published(from begin: Duration, to end: Duration) {
        credit -= end - begin
        last = end
    }
}
