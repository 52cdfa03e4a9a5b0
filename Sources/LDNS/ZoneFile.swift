/// Reads zone files: `$ORIGIN`, `$TTL`, `$INCLUDE` and records.
///
/// *Source*: RFC 1035 §5, RFC 2308 §4. `$GENERATE`, which is no standard, is refused.
package struct ZoneFile {
    /// Gives the text of a file that an `$INCLUDE` names, and the name to call it by in errors.
    package typealias Include = (_ path: String) throws(LDNSError) -> [UInt8]

    static let maximumDepth = 7

    private let include: Include?
    private var parser: RecordParser
    private var records: [LDNSRecord] = []

    private init(parser: RecordParser, include: Include?) {
        self.parser = parser
        self.include = include
    }

    /// All records of a zone file, in order, each with its line.
    ///
    /// - Parameters:
    ///   - origin: what relative names end in until `$ORIGIN` says otherwise.
    ///   - file: the name of the text in errors.
    ///   - include: gives the text of included files; without it `$INCLUDE` is refused.
    /// - Throws: `LDNSError` with file, line and column, for the first thing that is wrong.
    package static func records(
        fromText text: [UInt8], origin: String, defaultTTL: UInt32? = nil, file: String? = nil, include: Include? = nil
    ) throws(LDNSError) -> [LDNSRecord] {
        var zone = ZoneFile(parser: try RecordParser(origin: origin, defaultTTL: defaultTTL), include: include)
        try zone.read(text, file: file, depth: 0)
        return zone.records
    }

    private mutating func read(_ text: [UInt8], file: String?, depth: Int) throws(LDNSError) {
        do throws(LDNSError) {
            var lexer = ZoneLexer(text)
            while let entry = try lexer.next() {
                guard !entry.hasNoOwner, entry.tokens.first?.text.first == UInt8(ascii: "$") else {
                    records.append(try parser.record(from: entry))
                    continue
                }
                try directive(entry.tokens, depth: depth)
            }
        } catch {
            var error = error
            error.file = error.file ?? file
            throw error
        }
    }

    private mutating func directive(_ tokens: [ZoneToken], depth: Int) throws(LDNSError) {
        guard let name = tokens.first else { return }
        let arguments = tokens.dropFirst()
        switch name.string.uppercased() {
        case "$ORIGIN":
            try parser.setOrigin(try Self.only(arguments, of: name))
        case "$TTL":
            let word = try Self.only(arguments, of: name)
            guard let ttl = Mnemonic.ttl(word.text) else {
                throw LDNSError(.syntax, "not a TTL: \"\(word.string)\"", at: word)
            }
            parser.defaultTTL = ttl
        case "$INCLUDE":
            try includeFile(arguments, of: name, depth: depth)
        default:
            throw LDNSError(.directive, "unknown directive \(name.string)", at: name)
        }
    }

    private static func only(_ arguments: ArraySlice<ZoneToken>, of name: ZoneToken) throws(LDNSError) -> ZoneToken {
        guard let word = arguments.first, arguments.count == 1 else {
            throw LDNSError(.directive, "\(name.string) takes one argument", at: arguments.dropFirst().first ?? name)
        }
        return word
    }

    /// The origin of the included file does not reach back into this one.
    ///
    /// *Source*: RFC 1035 §5.1.
    private mutating func includeFile(
        _ arguments: ArraySlice<ZoneToken>, of name: ZoneToken, depth: Int
    ) throws(LDNSError) {
        guard let include else { throw LDNSError(.directive, "$INCLUDE is not allowed here", at: name) }
        guard depth < Self.maximumDepth else { throw LDNSError(.limit, "$INCLUDE nested too deeply", at: name) }
        guard let path = arguments.first, arguments.count <= 2 else {
            throw LDNSError(.directive, "$INCLUDE takes a file and perhaps an origin", at: name)
        }
        let outer = parser
        if let origin = arguments.dropFirst().first { try parser.setOrigin(origin) }
        let unquoted = path.string.filter { $0 != "\"" }
        do throws(LDNSError) {
            try read(try include(unquoted), file: unquoted, depth: depth + 1)
        } catch {
            guard error.line == nil else { throw error }
            throw LDNSError(error.code, error.message, at: path)
        }
        parser = outer
    }
}
