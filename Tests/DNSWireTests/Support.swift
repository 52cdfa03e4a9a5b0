import DNSWire

/// The octets of a commented listing: pairs of hexadecimal digits, ASCII between apostrophes, comments behind `;`.
func wire(_ listing: String) -> [UInt8] {
    var octets: [UInt8] = []
    for line in listing.split(separator: "\n") {
        for word in line.prefix(while: { $0 != ";" }).split(separator: " ") {
            if word.hasPrefix("'") {
                octets += word.utf8.dropFirst().dropLast()
            } else {
                for pair in stride(from: 0, to: word.count, by: 2) {
                    octets.append(UInt8(word.dropFirst(pair).prefix(2), radix: 16)!)
                }
            }
        }
    }
    return octets
}

/// A name in text form that the test knows to be right.
func name(_ text: String) -> Name {
    guard let name = try? Name(parsing: text) else { preconditionFailure("no name: \(text)") }
    return name
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func octets(_ counts: ClosedRange<Int>) -> [UInt8] {
        let count = Int.random(in: counts, using: &self)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// Decodes a whole message.
func decode(_ octets: [UInt8]) throws(WireError) -> Message {
    try Message(decoding: octets.span)
}

/// The error that decoding the message gives, if any.
func decodingError(_ octets: [UInt8]) -> WireError? {
    do throws(WireError) {
        _ = try Message(decoding: octets.span)
        return nil
    } catch {
        return error
    }
}

/// Decodes the name at `offset` of `octets`.
func decodedName(_ octets: [UInt8], at offset: Int = 0) throws(WireError) -> Name {
    try Name(decoding: octets.span, at: offset)
}

/// Decodes the data of one record that stands alone.
func decodedData(_ octets: [UInt8], _ type: RecordType, _ recordClass: RecordClass = .IN) throws(WireError)
    -> RecordData
{
    try RecordData(decoding: octets.span, type: type, recordClass: recordClass, at: 0, length: octets.count)
}

/// The wire form of `data` without compression by earlier names.
func encodedData(_ data: RecordData) -> [UInt8] {
    let writer = MessageWriter()
    writer.begin(id: 0, flags: .init(rawValue: 0))
    data.encode(into: writer)
    return Array(writer.bytes.copy().dropFirst(MessageHeader.length))
}

/// A query for `text` and A, as it comes from a stub resolver.
func query(_ text: String = "example.org.", id: UInt16 = 1) -> [UInt8] {
    Message(id: id, asking: Question(name(text), .A)).encoded()
}

// The macros of the tests cannot take a `Span` apart; these take arrays.

extension MessageHeader {
    init?(octets: [UInt8]) {
        self.init(decoding: octets.span)
    }
}

extension EDNSView {
    init(octets: [UInt8]) throws(WireError) {
        self = try EDNSView(RecordView(decoding: octets.span, at: 0), in: octets.span)
    }

    func optionsAreWhole(in octets: [UInt8]) -> Bool {
        optionsAreWhole(in: octets.span)
    }

    func option(_ code: EDNSOptionCode, in octets: [UInt8]) -> Range<Int>? {
        option(code, in: octets.span)
    }
}

/// The offset behind the name at `offset`.
func skippedName(_ octets: [UInt8], at offset: Int = 0) throws(WireError) -> Int {
    try skipName(in: octets.span, at: offset)
}
