import DNSServer
import DNSWire

/// What makes the replies to two queries interchangeable, the name excepted: who asks the same under the same key may be given the
/// reply that another one got.
///
/// The one rule for all that give a reply to more than one asker: `cache`, which keeps replies, and `forward`, whose identical
/// queries share one. They agree in name, type, class, DO, CD and RD:
///
/// - A reply depends on DO and CD (RFC 4035 §3.2).
/// - Without RD an upstream tells only what it knows already, often less than nothing: a referral, or REFUSED (RFC 1034 §4.3.1).
/// - An EDNS option may lead to another reply (ECS does, RFC 7871), and so may a record like TSIG. A query that has one gets a
///   reply of its own, and nobody else gets that, unless it says so itself (``SubnetAsker``). Cookies, padding and keep-alive concern
///   the way between two hosts alone.
///
/// RD and CD are those that the asker sent, whatever plugins have made of them on the way: all who ask go the same way.
struct ReplyKey: Hashable, Sendable {
    let type: RecordType
    let recordClass: RecordClass
    let dnssecOK: Bool
    let checkingDisabled: Bool
    let recursionDesired: Bool
    /// The hash of the name and all of the above.
    let hash: UInt64

    /// - Parameter nameHash: the ``NameHash`` of the name.
    init(
        nameHash: UInt64, type: RecordType, recordClass: RecordClass, dnssecOK: Bool, checkingDisabled: Bool,
        recursionDesired: Bool = true
    ) {
        self.type = type
        self.recordClass = recordClass
        self.dnssecOK = dnssecOK
        self.checkingDisabled = checkingDisabled
        self.recursionDesired = recursionDesired
        let bits: UInt64 = (recursionDesired ? 0 : 4) | (dnssecOK ? 2 : 0) | (checkingDisabled ? 1 : 0)
        let rest = UInt64(type.rawValue) << 32 | UInt64(recordClass.rawValue) << 16 | bits
        hash = NameHash.fold(nameHash ^ rest, 0x9E37_79B9_7F4A_7C15)
    }

    init(name: Span<UInt8>, type: RecordType, recordClass: RecordClass, dnssecOK: Bool, checkingDisabled: Bool) {
        self.init(
            nameHash: NameHash.hash(name), type: type, recordClass: recordClass, dnssecOK: dnssecOK,
            checkingDisabled: checkingDisabled)
    }

    /// What `query` shares replies under; nil for one that must have its own.
    ///
    /// - Parameter exception: an option that it has once, and that is left aside.
    @inline(__always)
    init?(_ query: Query, beside exception: EDNSOptionCode? = nil) {
        guard query.hasNoRecords, Self.hasCommonOptions(query.edns, query.message, exception) else { return nil }
        self.init(
            nameHash: query.nameHash, type: query.type, recordClass: query.recordClass, dnssecOK: query.dnssecOK,
            checkingDisabled: query.askedFlags.checkingDisabled, recursionDesired: query.askedFlags.recursionDesired)
    }

    /// The same for those who ask with RD set; `nameHash` is the one that this was made with.
    func withRecursion(nameHash: UInt64) -> ReplyKey {
        guard !recursionDesired else { return self }
        return ReplyKey(
            nameHash: nameHash, type: type, recordClass: recordClass, dnssecOK: dnssecOK,
            checkingDisabled: checkingDisabled)
    }

    /// Whether all options are between the asker and this server, one with the code `exception` aside.
    private static func hasCommonOptions(
        _ edns: EDNSView?, _ message: Span<UInt8>, _ exception: EDNSOptionCode?
    ) -> Bool {
        guard let edns, edns.optionsLength > 0 else { return true }
        var (offset, exception) = (edns.optionsOffset, exception)
        while let option = edns.nextOption(at: &offset, in: message) {
            guard !option.code.isHopByHop else { continue }
            guard option.code == exception else { return false }
            exception = nil
        }
        return offset == edns.end
    }
}

extension Query {
    /// Whether the query is a question and nothing else, an OPT record aside.
    fileprivate var hasNoRecords: Bool {
        header.answerCount | header.authorityCount == 0 && header.additionalCount == (edns == nil ? 0 : 1)
    }
}
