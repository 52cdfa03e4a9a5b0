import Basics
import Corefile
import DNSWire

/// What is done with queries of some types from some networks: one line of `acl`.
struct AclPolicy: Sendable {
    /// What becomes of a query.
    enum Action: String, CaseIterable, Sendable {
        /// The next plugin answers it.
        case allow
        /// It gets REFUSED, with the extended error Blocked.
        case block
        /// It gets NOERROR without records, with the extended error Filtered.
        case filter
        /// It gets nothing.
        case drop
    }

    let action: Action
    /// nil for all types.
    private(set) var types: Set<RecordType>?
    /// nil for everybody.
    private(set) var networks: PrefixSet?

    /// Whether it is for queries of this type from this address.
    func matches(_ type: RecordType, _ address: IPAddress) -> Bool {
        types?.contains(type) ?? true && networks?.contains(address) ?? true
    }

    /// Whether the line that comes next has the same action for the same types, for some networks as well, so that both are one.
    func canTake(_ line: Line) -> Bool {
        action == line.action && types == line.types && networks != nil && line.networks != nil
    }

    /// Takes the networks of such a line.
    mutating func add(_ networks: [IPPrefix]) {
        for network in networks { self.networks?.insert(network) }
    }
}

// MARK: Reading

extension AclPolicy {
    /// The words of a line, of which the networks are not in a set yet.
    struct Line {
        let action: Action
        /// nil for all types.
        var types: Set<RecordType>?
        /// nil for everybody.
        var networks: [IPPrefix]?
    }

    init(_ line: Line) {
        action = line.action
        types = line.types
        networks = line.networks.map { PrefixSet($0) }
    }
}

extension AclPolicy.Line {
    private enum Section: String {
        case type
        case net

        init?(_ token: Token?) {
            guard let token else { return nil }
            self.init(rawValue: token.text.lowercased())
        }
    }

    /// Reads `ACTION [type QTYPE...] [net CIDR...]`; either part may stand several times, and adds to what was said before.
    ///
    /// - Throws: CoreDNS's words for what is wrong.
    init(_ reader: inout ArgumentReader) throws(ConfigurationError) {
        guard let action = AclPolicy.Action(rawValue: reader.subject.text.lowercased()) else {
            throw reader.fail(
                .unknownOption,
                "unexpected token \(QuotedText.doubleQuoted(reader.subject.text)); "
                    + "expect 'allow', 'block', 'filter' or 'drop'",
                hint: "a line is written like 'block type ANY net 10.0.0.0/8'")
        }
        self.action = action
        var types: Set<RecordType>? = []
        var networks: [IPPrefix]? = []
        while let token = try reader.optionalNext() {
            guard let section = Section(token) else {
                throw reader.fail(
                    .unknownOption, "unexpected token \(QuotedText.doubleQuoted(token.text)); expect 'type | net'",
                    hint: "a line is written like 'block type ANY net 10.0.0.0/8'")
            }
            let words = try Self.words(of: token, &reader)
            switch section {
            case .type: try Self.add(words, to: &types, reader)
            case .net: try Self.add(words, to: &networks, reader)
            }
        }
        // A part that is left out is for all.
        self.types = types?.isEmpty == true ? nil : types
        self.networks = networks?.isEmpty == true ? nil : networks
    }

    /// What stands up to the next section.
    private static func words(of section: Token, _ reader: inout ArgumentReader) throws(ConfigurationError) -> [Token] {
        var words: [Token] = []
        while reader.upcoming != nil, Section(reader.upcoming) == nil, let word = try reader.optionalNext() {
            words.append(word)
        }
        guard !words.isEmpty else {
            throw reader.fail(
                .wrongArgumentCount,
                "no token specified in \(QuotedText.doubleQuoted(section.text.lowercased())) section",
                hint: "write 'type' with types or *, and 'net' with networks or *", at: section)
        }
        return words
    }

    /// Adds types; what stands behind `*` is not looked at, as in CoreDNS.
    private static func add(
        _ words: [Token], to types: inout Set<RecordType>?, _ reader: ArgumentReader
    ) throws(ConfigurationError) {
        for word in words {
            if word.text == "*" { return types = nil }
            guard let type = RecordType(parsing: word.text) else {
                throw reader.fail(
                    .invalidValue, "unexpected token \(QuotedText.doubleQuoted(word.text)); expect legal QTYPE",
                    hint: "a type is written like A, ANY or TYPE65; * stands for all", at: word)
            }
            types?.insert(type)
        }
    }

    /// Adds networks and addresses; what stands behind `*` is not looked at, as in CoreDNS.
    private static func add(
        _ words: [Token], to networks: inout [IPPrefix]?, _ reader: ArgumentReader
    ) throws(ConfigurationError) {
        for word in words {
            if word.text == "*" { return networks = nil }
            let whole = word.text.contains("/") ? word.text : word.text + (word.text.contains(":") ? "/128" : "/32")
            guard let network = IPPrefix(whole) else {
                throw reader.fail(
                    .invalidValue, "illegal CIDR notation \(QuotedText.doubleQuoted(whole))",
                    hint: "a network is written like 10.0.0.0/8 or 2001:db8::/32, an address like 10.0.0.1; "
                        + "* stands for everybody", at: word)
            }
            networks?.append(network)
        }
    }
}
