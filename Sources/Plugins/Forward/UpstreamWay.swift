/// What a message to an upstream goes over.
///
/// A class, so that whoever holds none pays nothing for it.
protocol UpstreamWay: AnyObject {
    /// The address and port that it leaves from, `10.0.0.7:40000`; nil when there are none.
    var localText: String? { get }
}

/// Where a message left from that has come to nothing, for those who waited for its reply on other workers.
final class LocalAddress: UpstreamWay, Sendable {
    let localText: String?

    init(localText: String?) {
        self.localText = localText
    }
}
