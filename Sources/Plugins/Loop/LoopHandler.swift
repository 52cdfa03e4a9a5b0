import DNSServer
import DNSWire

/// `loop` in one worker.
final class LoopHandler: ReplyHandler {
    private let plugin: LoopPlugin
    private let detector: LoopDetector

    init(_ plugin: LoopPlugin) {
        self.plugin = plugin
        detector = plugin.detector
    }

    func handle(_ query: Query) -> Verdict {
        if query.type == .HINFO, query.recordClass == .IN {
            switch detector.see(query.name) {
            case .foreign: break
            case .own:
                query.isShareable = false
                return .next
            case .knownLoop: return .drop
            case .loop(let round):
                plugin.tell(round, seenFrom: query.client)
                return .drop
            }
        }
        guard detector.isSuspicious else { return .next }
        guard detector.setOut(Self.hash(of: query)) else { return turnAway(query) }
        query.mark = true
        return .next
    }

    /// What happens to a query that is under way already: it may have come back, or somebody else asks the same.
    private func turnAway(_ query: Query) -> Verdict {
        guard detector.isContained else { return .drop }
        guard detector.isSender(query.client) else { return .next }
        return .fail(QueryFailure(.serverFailure, "the query has come back"))
    }

    func finish(_ query: Query) -> ReplyVerdict {
        if query.mark { detector.arrive(Self.hash(of: query)) }
        return .done
    }

    /// The hash of name, type and class.
    private static func hash(of query: Query) -> UInt64 {
        let rest = UInt64(query.type.rawValue) << 16 | UInt64(query.recordClass.rawValue)
        return NameHash.fold(query.nameHash ^ rest, 0x9E37_79B9_7F4A_7C15)
    }
}
