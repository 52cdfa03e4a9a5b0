import DNSServer
import DNSWire

/// What a reply is kept under, the name excepted: type, class, DO and CD.
///
/// A reply depends on DO and CD (RFC 4035 §3.2), so that askers who differ in them never share one.
struct CacheKey: Hashable, Sendable {
    let type: RecordType
    let recordClass: RecordClass
    let dnssecOK: Bool
    let checkingDisabled: Bool
    /// The hash of the name and all of the above.
    let hash: UInt64

    /// - Parameter nameHash: the ``NameHash`` of the name.
    init(nameHash: UInt64, type: RecordType, recordClass: RecordClass, dnssecOK: Bool, checkingDisabled: Bool) {
        self.type = type
        self.recordClass = recordClass
        self.dnssecOK = dnssecOK
        self.checkingDisabled = checkingDisabled
        let bits: UInt64 = (dnssecOK ? 2 : 0) | (checkingDisabled ? 1 : 0)
        let rest = UInt64(type.rawValue) << 32 | UInt64(recordClass.rawValue) << 16 | bits
        hash = NameHash.fold(nameHash ^ rest, 0x9E37_79B9_7F4A_7C15)
    }

    init(name: Span<UInt8>, type: RecordType, recordClass: RecordClass, dnssecOK: Bool, checkingDisabled: Bool) {
        self.init(
            nameHash: NameHash.hash(name), type: type, recordClass: recordClass, dnssecOK: dnssecOK,
            checkingDisabled: checkingDisabled)
    }

    init(_ query: Query) {
        self.init(
            nameHash: query.nameHash, type: query.type, recordClass: query.recordClass, dnssecOK: query.dnssecOK,
            checkingDisabled: query.header.flags.checkingDisabled)
    }
}
