/// A message as libldns reads it.
package struct LDNSMessage: Sendable, Hashable {
    package var id: UInt16 = 0
    package var flags = LDNSFlags()
    package var question: [LDNSQuestion] = []
    package var answer: [LDNSRecord] = []
    package var authority: [LDNSRecord] = []
    /// Without the OPT and TSIG records.
    package var additional: [LDNSRecord] = []
    package var edns: LDNSEDNS?
    package var tsig: LDNSRecord?
}

/// The bits and codes of the second header word.
package struct LDNSFlags: Sendable, Hashable {
    package var isResponse = false
    /// *Shape*: 4 bits.
    package var opcode: UInt8 = 0
    package var isAuthoritative = false
    package var isTruncated = false
    package var recursionDesired = false
    package var recursionAvailable = false
    package var isAuthenticData = false
    package var checkingDisabled = false
    /// *Shape*: the 4 bits of the header, without the EDNS extension.
    package var rcode: UInt8 = 0

    package init() {}
}

/// What is asked.
package struct LDNSQuestion: Sendable, Hashable {
    /// *Shape*: as in `LDNSRecord`.
    package var name: [UInt8]
    package var type: UInt16
    package var `class`: UInt16

    /// The name in text form, absolute.
    package var nameText: String {
        (try? LDNSBridge.text(ofName: name)) ?? ""
    }
}

/// The OPT record.
///
/// *Source*: RFC 6891 §6.1.
package struct LDNSEDNS: Sendable, Hashable {
    package var payloadSize: UInt16
    package var extendedRcode: UInt8 = 0
    package var version: UInt8 = 0
    package var isDNSSECOK = false
    /// *Shape*: option code, length, data, repeated.
    package var options: [UInt8] = []

    package init(payloadSize: UInt16, isDNSSECOK: Bool = false, options: [UInt8] = []) {
        self.payloadSize = payloadSize
        self.isDNSSECOK = isDNSSECOK
        self.options = options
    }
}

/// A message to be written, with its records as text.
package struct LDNSMessageText: Sendable {
    package enum Section: Sendable, CaseIterable {
        case answer
        case authority
        case additional
    }

    package var id: UInt16 = 0
    package var flags = LDNSFlags()
    /// Name and type as text, such as `("example.org.", "MX")`; nil for a message without question.
    package var question: (name: String, type: String)?
    package var questionClass: UInt16 = 1
    package var records: [Section: [String]] = [:]
    /// A payload size of 0 without anything else leaves the OPT record out, as libldns does.
    package var edns: LDNSEDNS?

    package init(question: (name: String, type: String)?) {
        self.question = question
    }
}
