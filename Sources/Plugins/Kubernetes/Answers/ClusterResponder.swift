import Basics
import DNSServer
import DNSWire
import KubernetesClient

/// Answers questions from snapshots, for one worker: writes the records into the reply, whose question section is there already.
///
/// The owner of what is asked for is a pointer to the question, and names under the zone end in a pointer or a copy of the zone as
/// it was asked for: the asker's case comes back without work.
final class ClusterResponder {
    let policy: AnswerPolicy
    /// How long the reply may become; records that do not fit are not written at all.
    ///
    /// Units: octets.
    var room = MessageWriter.maximumLength
    /// Whether the addresses of SRV records' targets are left out, so that the reply does not count as cut short for their sake.
    var omitsTargets = false
    /// The address of the last answer, when it was a service's only one.
    private(set) var onlyAddress: UInt32?
    /// Where the targets of the SRV records in the reply stand; kept to be used again.
    var targets: ContiguousArray<Int> = []
    /// Counts the sets that did not fit.
    private var turn: UInt32 = 0

    /// The zones whose unknown names go on to the next plugin.
    private let fallthroughZones: [Name]

    init(_ policy: AnswerPolicy, fallthroughZones: [Name] = []) {
        self.policy = policy
        self.fallthroughZones = fallthroughZones
    }

    /// Whether queries for `name` go on to the next plugin when there is no such name.
    func passesOn(_ name: Span<UInt8>) -> Bool {
        fallthroughZones.contains { suffixStart(of: name, under: $0.wire.span) != nil }
    }

    /// Answers `question`.
    ///
    /// - Parameters:
    ///   - comesHere: whether a query for a name of the zone, in lower case, would come to this plugin first; asked for targets of aliases.
    ///   - localAddresses: the addresses this server is reached at; asked for only when they matter.
    func answer(
        _ question: ClusterQuestion, from snapshot: ClusterSnapshot, into reply: MessageWriter,
        comesHere: (Name) -> Bool = { _ in true }, localAddresses: () -> [IPAddress] = { [] }
    ) -> ClusterAnswer {
        onlyAddress = nil
        switch question.type {
        case .A, .AAAA:
            break
        case .SOA where question.isApex:
            writeAuthority(question, snapshot.serial, into: reply, section: .answer)
            return .records
        case .SOA where question.isInReverseZone:
            // Nothing is known of the nodes between the zone and its addresses, so that none is denied, as in CoreDNS.
            return .noData
        case .NS where question.isApex:
            return writeNameServers(question, snapshot, localAddresses(), into: reply)
        case .PTR:
            if let address = question.reverseAddress { return writePointers(address, snapshot, into: reply) }
        case .TXT:
            return answerText(question, snapshot, into: reply)
        default:
            break
        }
        switch snapshot.find(question, policy) {
        case .nothing: return .nameError
        case .node: return .noData
        case .empty: return Self.absence(in: snapshot)
        case .nameServer:
            return writeServerAddresses(question, snapshot, localAddresses, into: reply)
        case .service(let view, let ports):
            return view.with { answerService(question, $0, ports, into: reply) }
        case .endpoints(let view, let selection):
            let answer = view.with { answerEndpoints(question, $0, selection, into: reply) }
            // A slice that is not known yet may have endpoints of the other family, and other ports.
            if case .noData = answer, question.type.isOfEndpoints { return Self.absence(in: snapshot) }
            return answer
        case .alias(let target):
            return answerAlias(question, target, snapshot, comesHere, into: reply)
        case .pod(let address):
            return writeAddress(address, question.type, into: reply)
        }
    }

    /// What it means that the snapshot has nothing of a kind: as long as not everything is known, nothing is known not to exist.
    static func absence(in snapshot: ClusterSnapshot) -> ClusterAnswer { snapshot.isSynced ? .noData : .nameError }

    /// A TXT record is there for `dns-version` alone; elsewhere only names with records of their own exist, as in CoreDNS.
    private func answerText(
        _ question: ClusterQuestion, _ snapshot: ClusterSnapshot, into reply: MessageWriter
    ) -> ClusterAnswer {
        if question.isVersion {
            let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .TXT, ttl: Self.versionTTL)
            reply.append(UInt8(5))
            for octet in "1.1.0".utf8 { reply.append(octet) }
            reply.endRecord(record)
            return .records
        }
        switch snapshot.find(question, policy) {
        case .nothing, .node, .nameServer: return .nameError
        default: return .noData
        }
    }

    private func answerService(
        _ question: ClusterQuestion, _ view: ServiceView, _ ports: PortFilter, into reply: MessageWriter
    ) -> ClusterAnswer {
        if question.type == .A, let address = view.onlyIPv4 {
            onlyAddress = address
            return writeAddress(address, into: reply)
        }
        guard let facts = view.facts else { return .nameError }
        switch question.type {
        case .A, .AAAA: return writeAddresses(facts.addresses, question.type, into: reply)
        case .SRV: return writeServices(question, view, facts, ports, into: reply)
        default: return .noData
        }
    }

    private func answerEndpoints(
        _ question: ClusterQuestion, _ view: ServiceView, _ selection: EndpointSelection, into reply: MessageWriter
    ) -> ClusterAnswer {
        guard let endpoints = view.endpoints else { return .nameError }
        switch question.type {
        case .A, .AAAA: return writeAddresses(question, endpoints, selection, question.type, into: reply)
        case .SRV: return writeServices(question, view, endpoints, selection, into: reply)
        default: return .noData
        }
    }

    /// Where the question's name stands in every reply.
    static let questionOffset = MessageHeader.length
    /// Units: seconds.
    private static let versionTTL: UInt32 = 28_800

    // MARK: Sets that do not fit

    /// Where in a set of `count` records to begin when not all of them fit: each time somewhere else, so that each record comes as
    /// often as the others.
    ///
    /// The places are those of a multiplicative sequence, which spreads them evenly at any count.
    func nextStart(among count: Int) -> Int {
        turn &+= 0x9E37_79B1
        return Int((UInt64(turn) &* UInt64(UInt32(truncatingIfNeeded: count))) >> 32)
    }

    /// Whether the reply has room for `octets` more.
    func fits(_ octets: Int, _ reply: MessageWriter) -> Bool { reply.count &+ octets <= room }

    // MARK: The zone

    /// Writes the SOA record of the question's zone.
    ///
    /// Source: RFC 1035 §3.3.13, RFC 2308 §3.
    func writeAuthority(
        _ question: ClusterQuestion, _ serial: UInt32, into reply: MessageWriter, section: Section
    ) {
        reply.section = section
        let zone = Self.questionOffset &+ question.zoneStart
        let record = reply.beginRecord(ownerAt: zone, type: .SOA, ttl: min(policy.ttl, 300))
        reply.append(Self.primaryServer.span)
        reply.appendPointer(to: zone)
        reply.append(Self.mailbox.span)
        reply.appendPointer(to: zone)
        reply.append(serial)
        reply.append(Self.timers.span)
        reply.append(policy.ttl)
        reply.endRecord(record)
    }

    static let primaryServer = ContiguousArray("\u{2}ns\u{3}dns".utf8)
    private static let mailbox = ContiguousArray("\u{A}hostmaster".utf8)
    /// Refresh 7200, retry 1800, expire 86400 seconds.
    private static let timers: ContiguousArray<UInt8> = [0, 0, 0x1C, 0x20, 0, 0, 0x07, 0x08, 0, 1, 0x51, 0x80]
}

extension RecordType {
    /// Whether it is one that endpoints have.
    fileprivate var isOfEndpoints: Bool { self == .A || self == .AAAA || self == .SRV }
}
